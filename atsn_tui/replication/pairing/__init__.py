"""Invites: two nodes get to know each other with one line that a person carries from one to the other."""
