"""What happened: the history of groups, undoing, and the audit log."""
