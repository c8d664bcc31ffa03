"""Times, spans and sizes as people read them."""

from datetime import UTC

import pytest

from atsn_tui.model.words import plural, size, span, stamp
from tests.reports.samples import BERLIN, MOMENT


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (0.04, "0 s"), (0.31, "0.3 s"), (9.94, "9.9 s"), (9.99, "10 s"), (41.2, "41 s"), (59.6, "1 min"),
        (60, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (11_040, "3 h 4 min"), (86_399, "23 h 59 min"),
        (190_800, "2 d 5 h"), (-3, "0 s"),
    ],
)  # fmt: skip
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1234, "1.2 kB"), (999_949, "999.9 kB"),
        (999_999, "1.0 MB"), (10_300_000_000, "10.3 GB"), (10**13, "10.0 TB"),
    ],
)  # fmt: skip
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


def test_moments_name_their_zone() -> None:
    assert stamp(MOMENT, BERLIN) == "2026-11-22 03:00:00 CET"
    assert stamp(MOMENT, UTC) == "2026-11-22 02:00:00 UTC"
    assert stamp(None, UTC) == "–"


def test_counts() -> None:
    assert (plural(1, "link"), plural(0, "link"), plural(12_000, "line")) == (
        "1 link",
        "0 links",
        "12,000 lines",
    )
