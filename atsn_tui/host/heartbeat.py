"""The heartbeat: a URL is requested again and again as long as the scheduler really works.

Whoever watches that URL learns of a machine that is down, of a service that ended, and of one that hangs.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from atsn_tui.errors import AtsnError, Unreachable
from atsn_tui.home.sections import Heartbeat
from atsn_tui.host.noting import note
from atsn_tui.host.office import Office
from atsn_tui.model.version import VERSION
from atsn_tui.store.database.store import Store

PLACE = "heartbeat"
"""Its place among the troubles of the node."""

POLL = 1.0
"""Seconds between two looks at the scheduler."""

STALE = 60.0
"""A scheduler that has taken no turn for so many seconds does not work: it takes one each second, if all is well."""

TIMEOUT = 10.0
"""Seconds that a request may take."""

Beat = Callable[[], object]
"""Tells the scheduler's last turn: any value that becomes another one with each turn."""


class Heart:
    """Beats until cancelled. What fails is told once, and once when it is over; it holds up nothing else."""

    def __init__(self, options: Heartbeat, beat: Beat, store: Store, office: Office) -> None:
        self._options = options
        self._beat = beat
        self._store = store
        self._office = office
        self._seen: object = beat()
        self._turned: float | None = None
        self._begun = time.monotonic()
        self._next = 0.0
        self._failing = False
        self._trust: ssl.SSLContext | None = None

    def change(self, options: Heartbeat) -> None:
        """Go on with other options, at once."""
        if options != self._options:
            self._options, self._next, self._failing = options, 0.0, False

    async def run(self) -> None:
        """Beat until cancelled."""
        request: asyncio.Task[None] | None = None
        try:
            while True:
                works = self._works()
                if self._options.url is not None and (request is None or request.done()):
                    if not works and time.monotonic() - self._begun > STALE:
                        await self._tell(f"no heartbeat: the scheduler has not turned for {STALE:.0f} s")
                    elif works and time.monotonic() >= self._next:
                        self._next = time.monotonic() + self._options.every
                        request = asyncio.create_task(self._request(self._options.url))
                await asyncio.sleep(POLL)
        finally:
            if request is not None:
                request.cancel()
                await asyncio.gather(request, return_exceptions=True)

    def _works(self) -> bool:
        """Whether the scheduler took a turn lately, by a clock that nobody sets."""
        now, beat = time.monotonic(), self._beat()
        if beat != self._seen:
            self._seen, self._turned = beat, now
        return self._turned is not None and now - self._turned <= STALE

    async def _request(self, url: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._get(url)
        except TimeoutError:
            await self._tell(
                f"the heartbeat does not get through: {_host(url)} took longer than {TIMEOUT:g} s"
            )
        except AtsnError as error:
            await self._tell(f"the heartbeat does not get through: {error}")
        except Exception as error:
            await self._tell(f"the heartbeat does not get through, by a fault of ours: {error!r}")
        else:
            self._failing = False
            await note(self._store, self._office, PLACE, None)

    async def _get(self, url: str) -> None:
        import httpx

        if self._trust is None:
            self._trust = await asyncio.to_thread(ssl.create_default_context)
        try:
            async with (
                httpx.AsyncClient(
                    timeout=TIMEOUT,
                    trust_env=False,
                    follow_redirects=True,
                    verify=self._trust,
                    headers={"User-Agent": f"atsn/{VERSION}"},
                ) as client,
                client.stream("GET", url) as answer,
            ):
                if not answer.is_success:
                    raise Unreachable(
                        f"{_host(url)} answers {answer.status_code} {answer.reason_phrase}".rstrip()
                    )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{_host(url)}: {str(error) or type(error).__name__}") from error

    async def _tell(self, trouble: str) -> None:
        """Tell of it, unless the one before has not ended."""
        if not self._failing:
            self._failing = True
            await note(self._store, self._office, PLACE, trouble)


def _host(url: str) -> str:
    """The host that a URL leads to: the rest of it is often all that one needs to know to send heartbeats."""
    return urlsplit(url).hostname or "the url"
