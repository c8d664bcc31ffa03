"""Channels between nodes: whole messages in order, over SSH and in memory."""
