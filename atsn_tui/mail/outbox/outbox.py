"""Sending what is in the queue: by each route one message at a time, by several routes side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from atsn_tui.errors import AtsnError
from atsn_tui.mail.errors import PermanentMailError, TemporaryMailError
from atsn_tui.mail.outbox.fate import after_error, after_sending, enqueue, released
from atsn_tui.mail.outbox.retry import REST
from atsn_tui.mail.outbox.store import OutboxStore
from atsn_tui.mail.sender import Sender
from atsn_tui.model.dates import SECOND
from atsn_tui.model.mail import Message, Outgoing

PARALLEL = 4
"""The most routes that are sent by at once."""

LEASE = 600_000_000
"""How long a message belongs to the process that sends it, in microseconds: longer than any try takes."""

_LONGEST_WAIT = 60.0
"""Looks at the clock at least this often, in seconds: it may have been set."""


_PERSISTENT = 0.5
"""Seconds until what is broken off is told so again."""


class Outbox:
    """The queue at work. What it is told to send is kept first and sent then, and nobody waits for it.

    `sender_by` finds the sender of a route; it is asked at every try, so mended settings take effect. `now` gives
    microseconds since the epoch. `on_change` hears of every message after a try, `on_trouble` of a queue that cannot
    be read or written. `wake` is set by others who put a message into the store.
    """

    def __init__(
        self,
        store: OutboxStore,
        sender_by: Callable[[str], Awaitable[Sender]],
        *,
        now: Callable[[], int],
        on_change: Callable[[Outgoing], None] = lambda item: None,
        on_trouble: Callable[[AtsnError], None] = lambda error: None,
        parallel: int = PARALLEL,
        wake: asyncio.Event | None = None,
    ) -> None:
        self._store = store
        self._sender_by = sender_by
        self._now = now
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._parallel = parallel
        self._wake = wake or asyncio.Event()
        self._resting: dict[str, int] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._saving: set[asyncio.Future[None]] = set()

    async def put(self, message: Message, route: str, *, about: str = "") -> Outgoing:
        """Keep a message and send it soon; a full queue keeps it as failed."""
        item = enqueue(message, route, self._now(), waiting=await self._store.waiting(), about=about)
        await self._store.save(item)
        self.wake()
        return item

    def wake(self) -> None:
        """Look into the queue now, because something was put into it."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. What is under way is then broken off and stays in the queue."""
        try:
            while True:
                self._wake.clear()
                pause = await self._guarded_round()
                # Not wait_for: a cancellation at the moment of its time-out would be lost.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
        finally:
            await self._break_off()

    async def send_due(self) -> None:
        """Try everything that is due now, once, and return when that is done."""
        try:
            while await self._start_due() or self._under_way:
                if jobs := list(self._under_way.values()):
                    await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._break_off()

    async def _guarded_round(self) -> float:
        """Start what is due; how long to wait then, in seconds. What fails is told and waited out."""
        try:
            await self._start_due()
            return await self._pause()
        except AtsnError as error:
            self._on_trouble(error)
        except Exception as error:
            fault = AtsnError(f"the queue could not be worked on by a fault of ours: {error!r}")
            fault.__cause__ = error
            self._on_trouble(fault)
        return _LONGEST_WAIT

    async def _start_due(self) -> bool:
        """Begin with as many due messages as may be under way at once; whether there were any."""
        started = False
        while len(self._under_way) < self._parallel:
            now = self._now()
            item = await self._store.claim(now, now + LEASE, self._avoided(now))
            if item is None:
                break
            started = True
            job = asyncio.create_task(self._try(item), name=f"mail by {item.route}")
            self._under_way[item.route] = job
            job.add_done_callback(partial(self._done, item.route))
        return started

    def _done(self, route: str, _job: asyncio.Task[None]) -> None:
        del self._under_way[route]
        self._wake.set()

    def _avoided(self, now: int) -> set[str]:
        # A clock that went back far must not make a route rest for days.
        self._resting = {route: end for route, end in self._resting.items() if now < end <= now + REST}
        return self._resting.keys() | self._under_way.keys()

    async def _pause(self) -> float:
        now = self._now()
        moments = [await self._store.next_at(self._avoided(now)), *self._resting.values()]
        first = min((moment for moment in moments if moment is not None), default=None)
        if first is None or len(self._under_way) >= self._parallel:
            return _LONGEST_WAIT
        return min(max(first - now, 0) / SECOND, _LONGEST_WAIT)

    async def _try(self, item: Outgoing) -> None:
        try:
            after = await self._outcome(item)
        except asyncio.CancelledError:
            await self._keep(released(item, self._now()))
            raise
        saving = asyncio.ensure_future(self._keep(after))
        self._saving.add(saving)
        saving.add_done_callback(self._saving.discard)
        await asyncio.shield(saving)
        self._on_change(after)

    async def _outcome(self, item: Outgoing) -> Outgoing:
        try:
            sender = await self._sender_by(item.route)
            refusals = await sender.send(item.message)
        except AtsnError as error:
            if _concerns_all(error):
                self._resting[item.route] = self._now() + REST
            return after_error(item, error, self._now())
        except Exception as error:
            fault = AtsnError(
                f"the mail {item.message.subject!r} could not be sent by a fault of ours: {error!r}"
            )
            fault.__cause__ = error
            self._on_trouble(fault)
            return after_error(item, fault, self._now())
        return after_sending(item, refusals, self._now())

    async def _keep(self, item: Outgoing) -> None:
        try:
            await self._store.save(item)
        except AtsnError as error:
            self._on_trouble(error)

    async def _break_off(self) -> None:
        jobs = list(self._under_way.values())
        while not all(job.done() for job in jobs):
            for job in jobs:
                job.cancel()
            # A second time, because aiosmtplib loses a cancellation that comes together with an answer.
            await asyncio.wait(jobs, timeout=_PERSISTENT)
        await asyncio.gather(*jobs, *self._saving, return_exceptions=True)


def _concerns_all(error: AtsnError) -> bool:
    """Whether the next message by the same route would meet the same."""
    if isinstance(error, TemporaryMailError):
        return error.server_wide
    return not isinstance(error, PermanentMailError)
