"""Reading what a run printed, also while it runs, and removing it."""

import os
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.runner.places import check_run_id, output_file, runs_directory
from atsn_tui.runner.tails import HEADER, gap_at, gap_line, old_tail_of, read_header, tail_of

_KINDS = ("out", "tail", "tail-old")

_LOOKS = 5
"""How often a tail that is exchanged under our eyes is looked at again."""


class Follower:
    """Gives out what a run has printed since it was last asked.

    What was dropped meanwhile is told by a line of its own. AtsnError if a file cannot be read.
    """

    def __init__(self, home: Path, run: str) -> None:
        check_run_id(run)
        self._path = output_file(str(home), run)
        self._head = 0
        """Where we are in the output file."""
        self._shift = 0
        """How much further that is in the output than in the file, because of what was dropped."""
        self._offset = 0
        """Where we are in the output."""

    def read(self) -> bytes:
        """What is new."""
        tails = self._tails()  # before the file, which is whole up to where they begin
        new = self._read_file()
        if tails and [start for start, _ in self._tails()] == [start for start, _ in tails]:
            return new + b"".join(self._take(start, data) for start, data in tails)
        return new

    def _read_file(self) -> bytes:
        """The beginning; when the run is over, the last part too."""
        data = _read(self._path, self._head)
        start = self._head + self._shift
        self._head += len(data)
        if self._offset > start and (gap := gap_at(data)) is not None:
            missing, length = gap
            self._shift += missing - length
            start, data = start + missing, data[length:]
        return self._take(start, data)

    def _tails(self) -> list[tuple[int, bytes]]:
        """The tails with where they begin, in order. They exist only while the run lives."""
        for _ in range(_LOOKS):
            new, old = _tail(tail_of(self._path)), _tail(old_tail_of(self._path))
            if new is None:
                return []
            if old is None or old[0] + len(old[1]) == new[0]:
                return [new] if old is None else [old, new]
        return []

    def _take(self, start: int, data: bytes) -> bytes:
        """Of a piece of the output, what was not given out yet; a gap before it is told."""
        gap = start - self._offset
        if gap > 0:
            self._offset = start + len(data)
            return gap_line(gap) + data
        new = data[-gap:] if gap else data
        self._offset += len(new)
        return new


def read_output(home: Path, run: str) -> bytes:
    """All that is kept of what the run has printed so far. AtsnError if it cannot be read."""
    return Follower(home, run).read()


def remove_output(home: Path, run: str) -> None:
    """Remove what the run printed. AtsnError if that fails; if nothing is there, nothing happens."""
    check_run_id(run)
    path = output_file(str(home), run)
    for each in (path, tail_of(path), old_tail_of(path)):
        try:
            os.unlink(each)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise AtsnError(f"cannot remove {each}: {error.strerror}") from error


def with_output(home: Path) -> frozenset[str]:
    """The runs of which output is kept. AtsnError if it cannot be found out."""
    directory = runs_directory(str(home))
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise AtsnError(f"cannot look into {directory}: {error.strerror}") from error
    return frozenset(
        run for run, dot, kind in (name.partition(".") for name in names) if dot and kind in _KINDS
    )


def _read(path: str, start: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(start)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise AtsnError(f"cannot read {path}: {error.strerror}") from error


def _tail(path: str) -> tuple[int, bytes] | None:
    """Where a tail begins, and what is in it."""
    start = read_header(path)
    data = _read(path, HEADER)
    return None if start is None or read_header(path) != start else (start, data)
