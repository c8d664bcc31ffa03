"""What a running service does, and a console in its absence: timers and the SSH server."""
