"""Running tasks: with real processes."""
