"""How another node's clock stands to ours, in words."""

from atsn_tui.model.dates import SECOND

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def beyond_doubt(skew: int, latency: int | None) -> int:
    """How far apart two clocks are at the least, in µs: the answer may have taken all of the round trip, or nothing."""
    return max(abs(skew) - (latency or 0) // 2, 0)


def skew_words(skew: int | None, latency: int | None = 0) -> str | None:
    """`3 s ahead`, `2 min behind`, or None for a clock that is as ours as far as can be told. All in microseconds."""
    if skew is None or beyond_doubt(skew, latency) < SECOND:
        return None
    seconds = round(abs(skew) / SECOND)
    size, unit = next((size, unit) for size, unit in _UNITS if seconds >= (2 * size if size > 1 else 0))
    return f"{seconds // size} {unit} {'ahead' if skew > 0 else 'behind'}"
