"""Reports about replication: what is news, and what a mail or a file says about a cycle."""
