"""Frozen data and its canonical form. Nothing here touches a file, a socket or a clock."""
