"""Files that ATSN reads and writes: crontabs and snapshots. Pure functions from bytes to values and back."""
