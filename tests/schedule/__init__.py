"""Schedules: reading, naming and computing them."""
