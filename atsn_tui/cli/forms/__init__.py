"""The JSON forms of what a node answers. Scripts depend on them; docs/cli.md describes them."""
