"""What `atsn doctor` looks at: one file for each topic. Nothing in here changes anything."""
