"""From a task to an order for the keeper: as whom it runs, whether it may, and with which environment."""
