"""Modals that ask or tell one thing."""
