"""The replicate screen: what would change on whom, live, and applying it."""
