"""Where a node lives: its home directory, keys, config and locks."""
