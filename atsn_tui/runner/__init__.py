"""Executing tasks: what runs, as whom and where; and the keeper, a process that starts jobs and outlives us.

This file imports nothing: the keeper loads it too, and uses the standard library alone.
"""
