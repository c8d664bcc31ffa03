"""The main screen: groups, peers, tasks and details."""
