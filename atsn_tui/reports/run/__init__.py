"""Mails about the runs of tasks: when one is sent, and what it says."""
