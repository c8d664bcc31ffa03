"""Watching a round: when either side of a link moves, it is compared anew."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from atsn_tui.model.result import LinkResult
from atsn_tui.replication.round import Round

POLL = 1.0
"""Seconds between two looks at both heads of a link."""

RETRY = 5.0
"""Seconds between two tries to compare a link that failed."""

Found = asyncio.Queue[LinkResult | Exception]
Turns = defaultdict[tuple[str, ...], asyncio.Lock]


async def watch(round_: Round) -> AsyncIterator[LinkResult]:
    """Yield each link's result whenever it has become another one, until the caller stops."""
    found: Found = asyncio.Queue()
    turns: Turns = defaultdict(asyncio.Lock)
    watchers = [
        asyncio.create_task(_watch_link(round_, target.link.id, found, turns)) for target in round_.targets
    ]
    try:
        while True:
            news = await found.get()
            if isinstance(news, Exception):
                raise news
            yield news
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _watch_link(round_: Round, link_id: str, found: Found, turns: Turns) -> None:
    try:
        while True:
            await _look(round_, link_id, found, turns)
    except Exception as error:
        found.put_nowait(error)


async def _look(round_: Round, link_id: str, found: Found, turns: Turns) -> None:
    prepared = round_.prepared(link_id)
    await asyncio.sleep(POLL if prepared else RETRY)
    if prepared is None:
        same = await round_.unchanged_failure(link_id)
    else:
        same = not await round_.moved(link_id)
    if same:
        return
    together = round_.bound(link_id)
    async with turns[together]:
        # Another link of the group may have seen the same move first.
        if round_.prepared(link_id) is prepared:
            await _compare(round_, together, found)


async def _compare(round_: Round, link_ids: tuple[str, ...], found: Found) -> None:
    known = {result.link_id: result for result in round_.results}

    def tell(result: LinkResult) -> None:
        if known.get(result.link_id) != result:
            found.put_nowait(result)

    await round_.compute(tell, only=link_ids)
