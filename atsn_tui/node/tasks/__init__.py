"""The tasks of a node: reading them, editing them by their fields, and what an edit must not break."""
