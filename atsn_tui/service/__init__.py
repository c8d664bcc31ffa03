"""The daemon: one process that keeps a node's timers and answers its peers."""
