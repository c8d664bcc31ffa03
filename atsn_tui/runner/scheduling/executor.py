"""Who carries runs out, as the scheduler sees it."""

from collections.abc import Callable, Collection
from typing import Literal, Protocol

from msgspec import Struct

from atsn_tui.errors import AtsnError
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task


class Work(Struct, frozen=True):
    """A run with all that it is made of."""

    run: Run
    task: Task
    settings: Settings
    """Those of its group."""
    group: str
    """The group's name."""


class Started(Struct, frozen=True):
    """A run began."""

    run_id: str
    at: int
    """In µs since the epoch."""


class Ended(Struct, frozen=True, kw_only=True):
    """A run is over. It is told again, by the next `open`, until it is acknowledged."""

    run_id: str
    how: Literal["ended", "stopped", "timed_out", "not_started", "interrupted", "unknown"]
    """`ended`: by itself; `unknown`: nobody saw it."""
    started: int | None = None
    ended: int | None = None
    """In µs since the epoch; None: not known."""
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    """Why, where the exit code does not say it."""
    notes: tuple[str, ...] = ()
    output_bytes: int = 0
    output_dropped: int = 0
    cpu_us: int | None = None
    max_rss_kb: int | None = None


class Lost(Struct, frozen=True):
    """The executor cannot go on; it must be opened again."""

    error: AtsnError


News = Started | Ended | Lost
Hear = Callable[[News], None]


class Known(Struct, frozen=True):
    """What the executor knows when it is opened."""

    living: frozenset[str]
    """The runs that have begun and not ended."""
    ends: tuple[Ended, ...] = ()
    """The ends that nobody has acknowledged."""
    runs: tuple[Run, ...] = ()
    """Of both the runs as they were begun, where the executor can tell."""
    outputs: frozenset[str] = frozenset()
    """The runs of which output is kept, when it is opened for the first time."""


class Executor(Protocol):
    """Carries out runs, which outlive the service. None of the methods waits for a run."""

    async def open(self, hear: Hear) -> Known:
        """Begin, or begin again; from then on `hear` is told what happens. AtsnError: it cannot."""
        ...

    def start(self, work: Work) -> None:
        """Begin a run, unless it was begun before: that is told again, or how it ended.

        What cannot begin has an end that says why.
        """
        ...

    def stop(self, run_id: str) -> None:
        """End a run; its end is told when it is over. An unknown one is left alone."""
        ...

    def acknowledge(self, run_ids: Collection[str]) -> None:
        """These ends are recorded and need not be told again."""
        ...

    def discard(self, run_ids: Collection[str]) -> None:
        """These runs are forgotten: what is kept of their output may go."""
        ...

    async def close(self) -> None:
        """Let go. Runs live on."""
        ...
