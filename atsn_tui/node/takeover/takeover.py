"""The door: take over, give back, finish what was interrupted, and tell what runs twice."""

from collections.abc import Sequence

from atsn_tui.errors import NotFound, Refused
from atsn_tui.home import locks
from atsn_tui.home.crontab_files import Place
from atsn_tui.node.core import Core
from atsn_tui.node.takeover import doubles, giving, journal, selection, taking
from atsn_tui.node.takeover.hands import Step, quiet, settle
from atsn_tui.node.takeover.taking import Wish
from atsn_tui.node.takeover.views import DoubleRun, GiveBackView, Recovered, RunByNobody, TakeOverView


class TakeOver:
    """Jobs between cron and this node."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def take(
        self,
        place: Place,
        wish: Wish,
        *,
        dry_run: bool = False,
        without_service: bool = False,
        step: Step = quiet,
    ) -> TakeOverView:
        """Import a crontab, comment out what this node can run of it, and enable those tasks.

        It waits for a moment between two minutes, up to 12 s. Refused: no service runs, unless told that it
        does not matter; Moved: the crontab was changed meanwhile.
        """
        core = self._core
        if dry_run:
            return await taking.take_over(core, None, place, wish, step)
        taking.check_service(locks.held(core.home.service_lock), without_service)
        with journal.lock(core.home) as lock:
            await self._finish(lock)
            return await taking.take_over(core, lock, place, wish, step)

    async def give(
        self, words: Sequence[str], *, dry_run: bool = False, step: Step = quiet
    ) -> tuple[GiveBackView, ...]:
        """Give back what was taken over from these crontabs, groups and tasks; without any, everything.

        NotFound: nothing of it was taken over. Moved: a crontab was changed meanwhile.
        """
        if dry_run:
            done = await self._give(None, words, step)
        else:
            with journal.lock(self._core.home) as lock:
                await self._finish(lock)
                done = await self._give(lock, words, step)
        if words and not any(view.given or view.left for view in done):
            raise NotFound(
                f"nothing of {', '.join(map(repr, words))} was taken over from a crontab by this node"
            )
        return tuple(done)

    async def recover(self) -> Recovered | None:
        """Finish what was interrupted, unless somebody is at it; None: there was nothing to do."""
        core = self._core
        if journal.unfinished(core.home) is None:
            return None
        try:
            lock = journal.lock(core.home, patience=0)
        except Refused:
            return None
        with lock:
            return await self._finish(lock)

    async def double_runs(self) -> tuple[DoubleRun, ...]:
        """Every enabled task that a crontab of this machine runs too, as far as this user may read them."""
        return await doubles.double_runs(self._core)

    async def run_by_nobody(self) -> tuple[RunByNobody, ...]:
        """Every line that this node took over, and whose task is disabled or gone."""
        return await doubles.run_by_nobody(self._core)

    async def _give(self, lock: locks.Lock | None, words: Sequence[str], step: Step) -> list[GiveBackView]:
        core = self._core
        chosen = await selection.select(core, words) if words else await selection.everything(core)
        return [await giving.give_back(core, lock, place, wanted, step) for place, wanted in chosen.items()]

    async def _finish(self, lock: locks.Lock) -> Recovered | None:
        plan = journal.unfinished(self._core.home)
        if plan is None:
            return None
        return Recovered(plan.action, plan.source, await settle(self._core, lock, plan))
