"""When a message that was not taken is tried again."""

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE

FIRST_DELAYS = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE)
"""After the first tries, in microseconds."""

DELAY = _HOUR
"""After every later try."""

MAX_ATTEMPTS = 75
"""The tries of one message: about three days."""

MAX_AGE = 3 * 24 * _HOUR
"""A message older than this is tried once more and then given up: a server was away for long, with many waiting."""

REST = _MINUTE
"""How long nothing is sent by a route on which nothing would pass."""


def next_try(attempts: int, now: int) -> int | None:
    """When to try again after that many tries, in microseconds since the epoch; None: give up."""
    if attempts >= MAX_ATTEMPTS:
        return None
    if attempts <= len(FIRST_DELAYS):
        return now + FIRST_DELAYS[max(attempts, 1) - 1]
    return now + DELAY
