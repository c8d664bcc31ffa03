"""Choices that look random and yet are always the same for the same seed."""

import hashlib


def _number(seed: str, what: str) -> int:
    digest = hashlib.blake2b(f"{what}\0{seed}".encode(errors="surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def chosen(seed: str, what: str, low: int, high: int) -> int:
    """A number from `low` to `high`, both included; `what` keeps several choices of one seed apart."""
    return low + _number(seed, what) % (high - low + 1)


def jitter(seed: str, limit_seconds: int) -> int:
    """How many seconds later to start: 0 to `limit_seconds`, both included, stable for a seed.

    Make the seed of the task's id and the node's, so that nodes with the same task do not start as one.
    """
    return chosen(seed, "jitter", 0, limit_seconds) if limit_seconds > 0 else 0
