"""The log file of a group: which lines go into it, where it lies, and writing it with rotation."""
