"""Following what others write to the database: at each ring of the bell, and by looking where none is heard."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from atsn_tui.errors import AtsnError
from atsn_tui.host.journal import Journal
from atsn_tui.store.database.store import Store


class Rings:
    """Passes each ring on to everybody who watches just then."""

    def __init__(self) -> None:
        self._heard: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Somebody has written to the database."""
        for each in self._heard:
            each.set()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An event that is set at each ring, inside the block."""
        event = asyncio.Event()
        self._heard.add(event)
        try:
            yield event
        finally:
            self._heard.discard(event)


async def watch(
    store: Store, look: Callable[[], Awaitable[None]], rings: Rings, journal: Journal, what: str, pause: float
) -> None:
    """Call `look` now, and whenever somebody has committed something, until cancelled.

    Without a ring, `pause` is the seconds between two looks at the database's version. An AtsnError is logged once as
    what keeps us from `what`, and tried again.
    """
    seen: int | None = None
    with rings.heard() as rung:
        while True:
            rung.clear()
            try:
                version = await store.data_version()
                if version != seen:
                    await look()
                    seen = version
                journal.well(what)
            except AtsnError as error:
                journal.trouble(what, f"cannot {what}: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await rung.wait()
