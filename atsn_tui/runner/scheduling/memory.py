"""The in-memory twin of an executor: runs take as long as they are told to, and print nothing."""

from collections.abc import Callable, Collection

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.runner.scheduling.executor import Ended, Hear, Known, Lost, Started, Work

Plan = Callable[[Work], "tuple[int, Ended] | None"]
"""How a run goes: after how many µs it ends, and how; None: only when `finish` says so."""


def at_once(work: Work) -> tuple[int, Ended]:
    """Every run succeeds immediately."""
    return 0, Ended(run_id=work.run.id, how="ended", exit_code=0)


class MemoryExecutor:
    """It outlives schedulers as processes do. `later` calls something back after so many µs."""

    def __init__(
        self,
        now: Callable[[], int],
        later: Callable[[int, Callable[[], None]], None],
        plan: Plan = at_once,
    ) -> None:
        self.plan = plan
        self.begun: list[Work] = []
        """All runs that were ever begun, in order."""
        self.living: dict[str, Work] = {}
        self.discarded: list[str] = []
        self._now = now
        self._later = later
        self.untold: dict[str, Ended] = {}
        """The ends that nobody has acknowledged."""
        self.outputs: frozenset[str] = frozenset()
        """The runs of which output is kept."""
        self._known: dict[str, int] = {}
        """When each began."""
        self._hear: Hear | None = None

    async def open(self, hear: Hear) -> Known:
        """Tell whoever comes now."""
        self._hear = hear
        told = self.living.keys() | self.untold.keys()
        runs = tuple(
            replace(work.run, started=self._known[work.run.id]) for work in self.begun if work.run.id in told
        )
        return Known(frozenset(self.living), tuple(self.untold.values()), runs, self.outputs)

    def start(self, work: Work) -> None:
        """Begin a run, once."""
        run_id = work.run.id
        if run_id in self._known:
            if run_id in self.untold:
                self._tell(self.untold[run_id])
            elif run_id in self.living:
                self._tell(Started(run_id, self._now()))
            return
        self._known[run_id] = self._now()
        self.begun.append(work)
        self.living[run_id] = work
        self._tell(Started(run_id, self._now()))
        planned = self.plan(work)
        if planned is not None:
            after, end = planned
            if after:
                self._later(after, lambda: self.finish(run_id, end))
            else:
                self.finish(run_id, end)

    def stop(self, run_id: str) -> None:
        """It ends at once."""
        self.finish(run_id, Ended(run_id=run_id, how="stopped", signal=15))

    def finish(self, run_id: str, end: Ended | None = None) -> None:
        """The run ends, well unless `end` says otherwise."""
        work = self.living.pop(run_id, None)
        if work is None:
            return
        end = end or Ended(run_id=run_id, how="ended", exit_code=0)
        now = self._now()
        self.untold[run_id] = replace(end, run_id=run_id, ended=now)
        self._tell(self.untold[run_id])

    def acknowledge(self, run_ids: Collection[str]) -> None:
        """Forget these ends."""
        for run_id in run_ids:
            self.untold.pop(run_id, None)

    def discard(self, run_ids: Collection[str]) -> None:
        """Nothing is kept of output anyway."""
        self.discarded += run_ids

    def fail(self, error: AtsnError) -> None:
        """It cannot go on."""
        self._tell(Lost(error))

    def boot(self) -> None:
        """The machine went down, and everything that lived with it."""
        self.living.clear()
        self.untold.clear()
        self._hear = None

    async def close(self) -> None:
        """Tell nobody any more."""
        self._hear = None

    def _tell(self, news: Started | Ended | Lost) -> None:
        if self._hear is not None:
            self._hear(news)
