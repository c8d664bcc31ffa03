"""Invites, and joining with one."""
