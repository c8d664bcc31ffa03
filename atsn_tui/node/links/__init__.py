"""The links of a node: choosing, changing and carrying them out."""
