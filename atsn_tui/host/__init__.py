"""What a running service does: tasks, timers, the SSH server, reports. In its absence a console keeps the timers."""
