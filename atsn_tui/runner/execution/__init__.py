"""Carrying runs out on this node: commands through the keeper, requests and mails from the service itself."""
