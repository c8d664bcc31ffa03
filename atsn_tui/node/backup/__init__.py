"""Saving all that makes a node in one file, and going back to it."""
