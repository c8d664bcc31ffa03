"""The agenda: what ran, what did not, and what comes, on one line of time."""
