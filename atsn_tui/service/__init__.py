"""The daemon: one process that runs a node's tasks, keeps the timers of its links and answers its peers."""
