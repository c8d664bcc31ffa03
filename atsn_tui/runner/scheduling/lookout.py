"""What others have changed in the store: seen when it is time to look, and taken over a little at a time."""

from collections.abc import AsyncGenerator, Callable

from atsn_tui.errors import Moved
from atsn_tui.model.dates import SECOND
from atsn_tui.model.run import Request
from atsn_tui.runner.scheduling import asked
from atsn_tui.runner.scheduling.records import Records
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store.glance import Glance, glance


class Lookout:
    """Looks for an engine, every `poll` seconds and whenever somebody says that something was changed."""

    def __init__(self, store: Records, state: State, now: Callable[[], int], poll: float) -> None:
        self.noticed = True
        """Somebody says so."""
        self.requests: list[Request] = []
        """What was asked for and is not answered."""
        self._store = store
        self._state = state
        self._now = now
        self._poll = poll * SECOND
        self._version: int | None = None
        self._glance: Glance | None = None
        self._following: AsyncGenerator[None, None] | None = None
        self._looked_at = 0

    @property
    def following(self) -> bool:
        """Whether not everything that was seen is taken over yet."""
        return self._following is not None

    def must_look(self, now: int) -> bool:
        """Whether it is time: nothing may run without a look at whether it still shall."""
        if self.noticed or not 0 <= now - self._looked_at < self._poll:
            return True
        first = self._state.agenda.first()
        return first is not None and first <= now

    def rest(self, now: int) -> float:
        """How long it is until the next look, in µs."""
        return self._poll - (now - self._looked_at)

    async def look(self) -> None:
        """See what others have changed, and begin to follow it. Moved: a group of runs on their way is gone."""
        self.noticed = False
        version = await self._store.data_version()
        self._looked_at = self._now()
        if version == self._version:
            return
        self._version = version
        seen = await self._store.read(lambda db: glance(db, asked.KINDS))
        gone = self._state.book.groups.keys() - seen.digests.keys()
        if any(live.run.group_id in gone for live in self._state.active):
            # It may go by another id now, as the records of its runs do.
            raise Moved("a group with runs was removed, or took another id")
        self.requests = list(seen.requests)
        if self._glance is None or (seen.holds, seen.here) != (self._glance.holds, self._glance.here):
            self._state.holds = {(hold.group_id or "", hold.task_id or ""): hold for hold in seen.holds}
            self._state.here = seen.here
            self._state.room = True
        self._glance = seen
        if self._following is not None:
            await self._following.aclose()
        self._following = self._state.book.follow(seen.digests)

    async def follow(self) -> None:
        """Take over some of it."""
        if self._following is None:
            return
        try:
            await anext(self._following)
        except StopAsyncIteration:
            self._following = None
            self._state.room = True
