"""How much of an output is shown, and that what is missing is counted."""

import re

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.mail.legible import decode, legible
from atsn_tui.reports.output import Output, described, excerpt

GAP = re.compile(r"\[… ([\d,]+) bytes are left out here …\]\n")


def plain(text: str) -> str:
    return text


def test_a_short_output_is_shown_whole() -> None:
    shown = excerpt(Output(start=b"one\n", end=b"two\n"), plain)
    assert (shown.text, shown.whole) == ("one\ntwo\n", True)


def test_a_long_output_keeps_its_beginning_and_more_of_its_end() -> None:
    text = "".join(f"line {number:03}\n" for number in range(200))
    shown = excerpt(Output(start=text.encode()), plain, 400)
    head, tail = shown.text.split(GAP.search(shown.text)[0])  # type: ignore[index]
    assert not shown.whole
    assert text.startswith(head)
    assert text.endswith(tail)
    assert head.endswith("\n")
    assert tail.startswith("line ")
    assert len(head) <= 100 < 200 < len(tail) <= 300


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 10**12), st.integers(8, 400))
def test_what_is_shown_and_what_is_left_out_make_the_whole(
    start: bytes, end: bytes, lost: int, limit: int
) -> None:
    total = len(start) + len(end) + lost
    shown = excerpt(Output(start=start, end=end, size=total), plain, limit)
    if not lost:
        whole = legible(decode(start + end))
        left_out = (
            [int(count.replace(",", "")) for count in GAP.findall(shown.text)] if not shown.whole else []
        )
        kept = GAP.sub("", shown.text) if not shown.whole else shown.text
        assert len(whole.encode()) <= sum(left_out) + len(kept.encode()) <= len(whole.encode()) + 1
    assert len(shown.text) <= max(limit, len(start) if shown.whole else 0) + limit + 80
    assert shown.whole == (not lost and len(legible(decode(start + end))) <= limit)


def test_a_gap_where_the_output_was_not_kept_is_counted() -> None:
    shown = excerpt(Output(start=b"begin\n", end=b"end\n", size=10_000_000_000), plain)
    assert shown.text == "begin\n[… 9,999,999,990 bytes are left out here …]\nend\n"


def test_an_output_of_which_only_the_beginning_was_kept() -> None:
    shown = excerpt(Output(start=b"begin", size=1_000_005), plain)
    assert shown.text == "begin\n[… 1,000,000 bytes are left out here …]\n"


def test_it_is_described_by_lines_and_size() -> None:
    assert described(Output()) == "0 lines, 0 bytes"
    assert described(Output(start=b"one\ntwo")) == "2 lines, 7 bytes"
    assert described(Output(start=b"one\ntwo\n")) == "2 lines, 8 bytes"
    assert described(Output(start=b"one", size=10**10)) == "10.0 GB"
