"""Files in and out: crontabs and snapshots."""
