"""The file by which runs survive the keeper, and ends survive everything.

One JSON object to a line: `start` (written by the run's own process, which adds its line of /proc/PID/stat), `end`
and `acknowledged`. A line begins with its line break, so that one that a full disk cut off spoils no other.
Appending to one file costs a hundredth of making a file for each run.
"""

import json
import os
from typing import Any

from atsn_tui.runner.places import journal_file

Record = dict[str, Any]

ROOM = 1_000_000
"""Bytes that may be appended before the journal is written anew."""

_LOOKS = 64


class Journal:
    """The journal of one home, open for appending."""

    def __init__(self, home: str) -> None:
        self._path = journal_file(home)
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        self.file = _open(self._path)
        """Where the children append too."""
        self._most = ROOM
        self._looks = 0

    @property
    def long(self) -> bool:
        """Whether it is time to `shrink`. It is looked at now and then, for children append too."""
        self._looks += 1
        return self._looks % _LOOKS == 0 and os.fstat(self.file).st_size > self._most

    def load(self) -> tuple[dict[str, Record], dict[str, Record]]:
        """The runs that began and have no end yet, and the ends that nobody acknowledged. Torn lines are left out."""
        starts: dict[str, Record] = {}
        ends: dict[str, Record] = {}
        with open(self._path, "rb") as file:
            for line in file:
                self._replay(_parse(line), starts, ends)
        return starts, ends

    def start(self, run: str, record: Record) -> bytes:
        """The beginning of a start's line, which the child completes."""
        return _line({"start": run, **record})[:-1] + b', "stat": "'

    def end(self, record: bytes) -> bool:
        """Whether an end, in JSON, is written. The disk may have it later."""
        return self._append(b'\n{"end": %b}' % record)

    def acknowledge(self, runs: list[str]) -> None:
        """These ends are known and needed no more."""
        self._append(_line({"acknowledged": runs}))

    def sync(self) -> bool:
        """Wait until the disk has everything; whether it has."""
        try:
            os.fsync(self.file)
        except OSError:
            return False
        return True

    def shrink(self, starts: dict[str, Record], ends: list[bytes]) -> None:
        """Write anew what is needed. No child may be about to append."""
        lines = [_line({"start": run, **record}) for run, record in starts.items()]
        lines += [b'\n{"end": %b}' % record for record in ends]
        content = b"".join(lines)
        self._most = len(content) + ROOM
        new = f"{self._path}.new"
        try:
            file = _open(new, os.O_TRUNC)
            try:
                _write(file, content)
                os.fsync(file)
                os.rename(new, self._path)
            except OSError:
                os.close(file)
                raise
        except OSError:
            return
        os.dup2(file, self.file, inheritable=False)
        os.close(file)

    def _replay(self, entry: Record, starts: dict[str, Record], ends: dict[str, Record]) -> None:
        match entry:
            case {"start": str(run)}:
                starts[run] = entry
            case {"end": {"run": str(run)} as record}:
                starts.pop(run, None)
                ends[run] = record
            case {"acknowledged": list(runs)}:
                for run in runs:
                    starts.pop(run, None)
                    ends.pop(run, None)

    def _append(self, data: bytes) -> bool:
        try:
            _write(self.file, data)
        except OSError:
            return False
        return True


def _open(path: str, more: int = 0) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | more, 0o600)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _line(entry: Record) -> bytes:
    return b"\n" + json.dumps(entry).encode()


def _parse(line: bytes) -> Record:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
