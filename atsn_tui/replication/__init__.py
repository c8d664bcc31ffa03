"""Both ends of the protocol, links and cycles: plan, then compare-and-set."""
