"""The version that two nodes compare before anything else is said."""

VERSION = "0.1.0"
"""The program's version. Nodes replicate only with nodes of the same version."""

PROTOCOL = 1
"""The wire protocol's number. It changes whenever a message changes."""

FORMAT = 1
"""The canonical record format's number. It goes into every digest."""
