"""The executor of a real node: commands are the keeper's, everything else is done from within the service."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping

from atsn_tui.errors import AtsnError
from atsn_tui.home.home import Home
from atsn_tui.model.task import Command
from atsn_tui.runner.client.keeper import Keeper
from atsn_tui.runner.execution.inside import Inside
from atsn_tui.runner.execution.recall import recalled, written
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.resolve import resolve
from atsn_tui.runner.output import remove_output, with_output
from atsn_tui.runner.scheduling.executor import Ended, Hear, Known, Lost, News, Started, Work
from atsn_tui.runner.spec import Ended as KeeperEnded
from atsn_tui.runner.spec import Living

log = logging.getLogger(__name__)

CLOSING = 4.0
"""Seconds to take leave of the keeper; it goes by itself later."""

_HOW = {"timeout": "timed_out"}


class NodeExecutor:
    """Carries out the runs of one node. `variables` are those that its config gives every task."""

    def __init__(self, home: Home, node: str, variables: Mapping[str, str], inside: Inside) -> None:
        self._home = home
        self._node = node
        self._variables = variables
        self._inside = inside
        self._keeper: Keeper | None = None
        self._hear: Hear | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = False

    def change(self, node: str, variables: Mapping[str, str]) -> None:
        """Give what starts from now on another node name and other variables."""
        self._node, self._variables = node, variables

    async def open(self, hear: Hear) -> Known:
        """Find the keeper or start one; tell what lives and what ended meanwhile."""
        await self._let_go()
        outputs = await self._outputs()
        self._keeper = keeper = await Keeper.connect(self._home)
        # From here on nothing is awaited, so each end is either among these or told later.
        self._hear = hear
        lives, untold = keeper.living(), keeper.untold()
        ends = tuple(map(_ended, untold)) + self._inside.ends()
        self._spawn(self._listen(keeper))
        living = frozenset(life.run for life in lives) | self._inside.living()
        told: list[Living | KeeperEnded] = [*lives, *untold]
        runs = tuple(run for each in told if (run := recalled(each)) is not None)
        return Known(living, ends, runs, outputs)

    def start(self, work: Work) -> None:
        """Begin a run in the background; its news come by `hear`."""
        self._spawn(self._start(work))

    def stop(self, run_id: str) -> None:
        """End a run."""
        if not self._inside.stop(run_id) and self._keeper is not None:
            self._spawn(self._stop(self._keeper, run_id))

    def acknowledge(self, run_ids: Collection[str]) -> None:
        """The ends are recorded."""
        self._inside.acknowledge(run_ids)
        if self._keeper is not None and run_ids:
            self._keeper.acknowledge(*run_ids)

    def discard(self, run_ids: Collection[str]) -> None:
        """Remove what is kept of the runs' output."""
        self._spawn(asyncio.to_thread(self._remove, list(run_ids)))

    async def close(self) -> None:
        """Let go of the keeper. Commands live on; what runs inside the service ends."""
        await self._let_go()
        await self._inside.close()

    async def _let_go(self) -> None:
        """End what is on its way to the keeper. No run is disturbed by that."""
        self._hear = None
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await keeper.close(retire=True)

    async def _listen(self, keeper: Keeper) -> None:
        try:
            async for end in keeper.ends():
                self._tell(_ended(end))
        except AtsnError as error:
            self._tell(Lost(error))

    async def _start(self, work: Work) -> None:
        run, keeper = work.run, self._keeper
        about = About(
            run_id=run.id,
            task_id=run.task_id,
            task=run.path,
            group=work.group,
            node=self._node,
            trigger=run.trigger,
            due=run.due,
        )
        try:
            if not isinstance(work.task.action, Command):
                self._inside.start(work, about, self._variables, self._tell)
                return
            spec = await asyncio.to_thread(resolve, work.task, work.settings, about, self._variables)
            if keeper is None:
                return
            started = await keeper.start(written(spec, run))
            if started.pid is not None:
                self._tell(Started(run.id, started.started_at))
        except ValueError as error:
            self._tell(Ended(run_id=run.id, how="not_started", message=str(error)))
        except AtsnError as error:
            # A keeper that is lost says so by its ends; the run is begun again then, and never twice.
            if error.code != "unreachable":
                self._tell(Ended(run_id=run.id, how="not_started", message=error.message))
        except Exception as error:
            # Whatever it is, the run must not seem to be on its way for ever.
            log.exception("run %s of %s could not be begun", run.id, run.path)
            self._tell(Ended(run_id=run.id, how="not_started", message=f"a fault of ours: {error!r}"))

    async def _stop(self, keeper: Keeper, run_id: str) -> None:
        with contextlib.suppress(AtsnError):
            await keeper.stop(run_id)

    async def _outputs(self) -> frozenset[str]:
        """Of which runs output is kept, once: nobody else makes any while a service lives."""
        if self._opened:
            return frozenset()
        outputs = await asyncio.to_thread(with_output, self._home.path)
        self._opened = True
        return outputs

    def _remove(self, run_ids: list[str]) -> None:
        for run_id in run_ids:
            try:
                remove_output(self._home.path, run_id)
            except AtsnError as error:
                log.warning("%s", error)

    def _tell(self, news: News) -> None:
        if self._hear is not None:
            self._hear(news)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an order to the executor failed", exc_info=task.exception())


def _ended(end: KeeperEnded) -> Ended:
    return Ended(
        run_id=end.run,
        how=_HOW.get(end.reason, end.reason),  # type: ignore[arg-type]
        started=end.started_at,
        ended=end.ended_at,
        exit_code=end.exit_code,
        signal=end.signal,
        message=end.message,
        notes=end.notes,
        output_bytes=end.output_bytes,
        output_dropped=end.dropped_bytes,
        cpu_us=end.user_us + end.system_us,
        max_rss_kb=end.max_rss_kb or None,
    )
