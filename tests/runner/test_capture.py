"""What is kept of a stream that is longer than the limit, and how it is read meanwhile."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.errors import AtsnError
from atsn_tui.runner.keeper.capture import Capture
from atsn_tui.runner.output import Follower, read_output, remove_output
from atsn_tui.runner.places import output_file
from atsn_tui.runner.tails import gap_at, gap_line


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a directory for runs."""
    home = tmp_path_factory.mktemp("home")
    (home / "runs").mkdir()
    return home


def stream(length: int) -> bytes:
    """Bytes of which any two places look different."""
    return b"".join(b"%05d|" % number for number in range(length // 6 + 1))[:length]


def fresh(home: Path, limit: int) -> Capture:
    """A capture of the run `a`, of which there is nothing yet."""
    remove_output(home, "a")
    return Capture(output_file(str(home), "a"), limit)


QUICK = settings(max_examples=25)
CHUNKS = st.lists(st.integers(1, 400), max_size=30)


@QUICK
@given(CHUNKS, st.sampled_from([100, 601, 5000]))
def test_the_beginning_and_the_end_are_kept_and_the_gap_is_counted(
    home: Path, sizes: list[int], limit: int
) -> None:
    data, capture, done = stream(sum(sizes)), fresh(home, limit), 0
    for size in sizes:
        capture.feed(data[done : done + size])
        done += size
    capture.close()
    kept = read_output(home, "a")
    head = data[: limit - limit // 2]
    assert capture.received == len(data)
    assert kept.startswith(head)
    if capture.dropped == 0:
        assert kept == data
    else:
        last = kept.removeprefix(head + gap_line(capture.dropped))
        assert data.endswith(last)
        assert len(head) + len(last) + capture.dropped == len(data)
        assert limit // 4 <= len(last) <= limit // 2
    assert [path.name for path in (home / "runs").iterdir()] in ([], ["a.out"])


@QUICK
@given(CHUNKS, st.sets(st.integers(0, 30)), st.sampled_from([100, 601]))
def test_a_follower_gets_everything_in_order_or_is_told_of_the_gap(
    home: Path, sizes: list[int], looks: set[int], limit: int
) -> None:
    data, capture, follower, done = stream(sum(sizes)), fresh(home, limit), Follower(home, "a"), 0
    seen: list[bytes] = []
    for number, size in enumerate(sizes):
        capture.feed(data[done : done + size])
        done += size
        if number in looks:
            seen.append(follower.read())
    capture.close()
    seen.append(follower.read())
    assert follower.read() == b""
    text, position = b"".join(seen), 0
    while text:
        if gap := gap_at(text):
            position += gap[0]
            text = text[gap[1] :]
        else:
            assert text[:1] == data[position : position + 1]
            position += 1
            text = text[1:]
    assert position == len(data)


@pytest.mark.parametrize("limit", range(10))
def test_tiny_limits_hold(home: Path, limit: int) -> None:
    capture = fresh(home, limit)
    for _ in range(10):
        capture.feed(b"abc")
    capture.close()
    kept = read_output(home, "a")
    line = gap_line(capture.dropped) if gap_line(capture.dropped) in kept else b""
    assert len(kept) - len(line) == 30 - capture.dropped <= limit
    assert kept.startswith(b"abcabcabca"[: limit - limit // 2])


def test_a_follower_that_always_looks_misses_nothing(home: Path) -> None:
    data, capture, follower = stream(5000), fresh(home, 400), Follower(home, "a")
    seen = b""
    for start in range(0, 5000, 50):
        capture.feed(data[start : start + 50])
        seen += follower.read()
    capture.close()
    assert seen + follower.read() == data


@QUICK
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_another_keeper_goes_on_where_the_first_was_killed(home: Path, before: int, after: int) -> None:
    data, first = stream(before + after), fresh(home, 1000)
    first.feed(data[:before])
    second = Capture(output_file(str(home), "a"), 1000)
    second.resume()
    second.feed(data[before:])
    second.close()
    kept = read_output(home, "a")
    assert second.received == len(data)
    assert kept.startswith(data[:500])
    assert kept.endswith(data[-250:])
    line = gap_line(second.dropped) if second.dropped else b""
    assert len(kept) - len(line) + second.dropped == len(data)


def test_what_an_earlier_run_of_that_id_printed_is_gone(home: Path) -> None:
    fresh(home, 100).feed(b"old")
    Capture(output_file(str(home), "a"), 100).feed(b"new")
    assert read_output(home, "a") == b"new"


def test_output_that_cannot_be_written_is_counted(home: Path) -> None:
    capture = Capture(str(home / "missing" / "a.out"), 100)
    capture.feed(b"x" * 1000)
    capture.close()
    assert (capture.received, capture.dropped) == (1000, 1000)
    assert capture.trouble == "No such file or directory"


def test_output_is_removed_with_everything_that_belongs_to_it(home: Path) -> None:
    capture = fresh(home, 100)
    capture.feed(stream(1000))
    assert len(list((home / "runs").iterdir())) == 3
    remove_output(home, "a")
    remove_output(home, "a")
    assert list((home / "runs").iterdir()) == []
    assert read_output(home, "a") == b""


def test_output_that_cannot_be_read_says_so(home: Path) -> None:
    path = Path(output_file(str(home), "b"))
    path.mkdir()
    with pytest.raises(AtsnError, match=r"cannot read .*b.out: Is a directory"):
        read_output(home, "b")
    path.rmdir()
