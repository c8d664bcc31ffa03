"""The demo: three nodes of one's own, for as long as one looks at them."""
