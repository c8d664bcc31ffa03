"""The peers of a node: whom it knows, what they may do, how they are reached and let in."""
