"""What runs and what does not: runs, holds, reasons, and asking the service to run or stop something."""
