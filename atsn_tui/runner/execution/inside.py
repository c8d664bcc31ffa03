"""Runs that are no processes: HTTP requests and emails, done by the service itself."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

from msgspec import Struct

from atsn_tui.errors import AtsnError
from atsn_tui.home.atomic import write_atomically
from atsn_tui.home.home import Home
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.places import output_file, runs_directory
from atsn_tui.runner.scheduling.executor import Ended, Hear, Started, Work

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 60.0
"""Seconds for a request or a mail whose task names no timeout."""


class Outcome(Struct, frozen=True):
    """What became of an action."""

    ok: bool
    message: str = ""
    output: bytes = b""


Perform = Callable[[Work, About, Mapping[str, str]], Awaitable[Outcome]]
"""Does the action; what cannot be done is an AtsnError."""


class Inside:
    """Performs actions, each at most once: a mark on disk is made before, and tells of it after a crash."""

    def __init__(self, home: Home, perform: Perform) -> None:
        self._home = home
        self._perform = perform
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[str] = set()
        self._ends: dict[str, Ended] = {}
        """Those that were not acknowledged yet: whoever heard them may have failed since."""

    def ends(self) -> tuple[Ended, ...]:
        """The ends that nobody has acknowledged, oldest first."""
        return tuple(self._ends.values())

    def living(self) -> frozenset[str]:
        """The runs that are under way."""
        return frozenset(self._running)

    def start(self, work: Work, about: About, variables: Mapping[str, str], hear: Hear) -> None:
        """Begin, unless it was begun before: then it is not known how that ended."""
        run_id = work.run.id
        if run_id in self._running or run_id in self._ends:
            return
        mark = self._mark(run_id)
        if mark.exists():
            text = "the service ended while the action was under way"
            hear(Ended(run_id=run_id, how="unknown", message=text))
            return
        Path(runs_directory(str(self._home.path))).mkdir(mode=0o700, exist_ok=True)
        write_atomically(mark, b"")
        task = asyncio.get_running_loop().create_task(self._run(work, about, variables, hear))
        self._running[run_id] = task
        task.add_done_callback(lambda task: self._over(run_id, task, hear))

    def stop(self, run_id: str) -> bool:
        """Break it off; whether it was one of these."""
        task = self._running.get(run_id)
        if task is None:
            return False
        self._stopped.add(run_id)
        task.cancel()
        return True

    def acknowledge(self, run_ids: Collection[str]) -> None:
        """Forget the marks."""
        for run_id in run_ids:
            self._ends.pop(run_id, None)
            with contextlib.suppress(OSError):
                self._mark(run_id).unlink(missing_ok=True)

    async def close(self) -> None:
        """Break off what is under way; after a restart it counts as unknown."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _mark(self, run_id: str) -> Path:
        return Path(output_file(str(self._home.path), run_id)).with_suffix(".begun")

    async def _run(self, work: Work, about: About, variables: Mapping[str, str], hear: Hear) -> None:
        run_id, started = work.run.id, _now()
        hear(Started(run_id, started))
        timeout = work.task.options.timeout or DEFAULT_TIMEOUT
        try:
            async with asyncio.timeout(timeout):
                outcome = await self._perform(work, about, variables)
            end = self._done(run_id, outcome)
        except TimeoutError:
            end = Ended(run_id=run_id, how="timed_out", message=f"not done within {timeout:.0f} s")
        except asyncio.CancelledError:
            if run_id not in self._stopped:
                raise
            end = Ended(run_id=run_id, how="stopped")
        except AtsnError as error:
            end = Ended(run_id=run_id, how="ended", exit_code=1, message=error.message)
        except Exception as error:
            # Whatever it is, the run must not seem to be under way for ever.
            log.exception("run %s of %s failed by a fault of ours", run_id, work.run.path)
            end = Ended(run_id=run_id, how="ended", exit_code=1, message=f"a fault of ours: {error!r}")
        end = self._ends[run_id] = _timed(end, started)
        hear(end)

    def _over(self, run_id: str, task: "asyncio.Task[None]", hear: Hear) -> None:
        """Nothing goes on any more. What was stopped before its first step could not say so itself."""
        del self._running[run_id]
        stopped = run_id in self._stopped
        self._stopped.discard(run_id)
        if stopped and task.cancelled():
            end = self._ends[run_id] = Ended(run_id=run_id, how="stopped", ended=_now())
            hear(end)

    def _done(self, run_id: str, outcome: Outcome) -> Ended:
        """Keep what came out."""
        write_atomically(Path(output_file(str(self._home.path), run_id)), outcome.output)
        return Ended(
            run_id=run_id,
            how="ended",
            exit_code=0 if outcome.ok else 1,
            message=outcome.message,
            output_bytes=len(outcome.output),
        )


def _timed(end: Ended, started: int) -> Ended:
    return Ended(
        run_id=end.run_id,
        how=end.how,
        started=started,
        ended=_now(),
        exit_code=end.exit_code,
        message=end.message,
        output_bytes=end.output_bytes,
    )


def _now() -> int:
    return time.time_ns() // 1000
