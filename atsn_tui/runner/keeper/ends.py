"""Ends that the service has not acknowledged yet."""

from collections.abc import Callable

from atsn_tui.runner.keeper.journal import Journal
from atsn_tui.runner.keeper.loop import Loop

_PATIENCE = 1.0
"""Seconds for the service to acknowledge an end before the disk is made to have it."""


class Ends:
    """Keeps ends in memory and in the journal. `settle` is called when the disk has them all."""

    def __init__(self, journal: Journal, loop: Loop, settle: Callable[[], None]) -> None:
        self._journal = journal
        self._loop = loop
        self._settle = settle
        self._ends: dict[str, bytes] = {}
        """By run, each as a JSON object."""
        self._unsafe: dict[str, bool] = {}
        """Those that a power failure could take, and whether they are in the journal."""
        self._waiting = False

    @property
    def safe(self) -> bool:
        """Whether nothing would be lost if this process, or the machine, ended now."""
        return not self._unsafe

    def all(self) -> list[bytes]:
        """The ends in JSON, oldest first."""
        return list(self._ends.values())

    def get(self, run: str) -> bytes | None:
        """The end of a run in JSON, if it waits for being acknowledged."""
        return self._ends.get(run)

    def recall(self, run: str, record: bytes) -> None:
        """Keep an end that was found in the journal."""
        self._ends[run] = record

    def add(self, run: str, record: bytes) -> None:
        """Keep a new end."""
        self._ends[run] = record
        self._unsafe[run] = self._journal.end(record)
        self._wait()

    def acknowledge(self, runs: list[str]) -> None:
        """The service has them: forget them."""
        for run in runs:
            self._ends.pop(run, None)
            self._unsafe.pop(run, None)
        self._journal.acknowledge(runs)
        if not self._unsafe:
            self._settle()

    def _wait(self) -> None:
        if self._unsafe and not self._waiting:
            self._waiting = True
            self._loop.after(_PATIENCE, self._secure)

    def _secure(self) -> None:
        self._waiting = False
        for run, written in self._unsafe.items():
            self._unsafe[run] = written or self._journal.end(self._ends[run])
        if self._journal.sync():
            self._unsafe = {run: False for run, written in self._unsafe.items() if not written}
        self._wait()
        if not self._unsafe:
            self._settle()
