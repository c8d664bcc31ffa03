"""Widgets drawn line by line, so that length never costs anything."""
