"""The only door for front ends: open a node, ask it, change it, listen to it."""
