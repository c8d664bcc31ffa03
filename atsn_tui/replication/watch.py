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

Turns = defaultdict[tuple[str, ...], asyncio.Lock]


async def watch(round_: Round) -> AsyncIterator[LinkResult]:
    """Yield each link's result whenever it has become another one, until the caller stops."""
    found: asyncio.Queue[LinkResult] = asyncio.Queue()
    turns: Turns = defaultdict(asyncio.Lock)
    watchers = [
        asyncio.create_task(_watch_link(round_, target.link.id, found, turns)) for target in round_.targets
    ]
    try:
        while True:
            yield await found.get()
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _watch_link(round_: Round, link_id: str, found: "asyncio.Queue[LinkResult]", turns: Turns) -> None:
    while True:
        prepared = round_.prepared(link_id)
        await asyncio.sleep(POLL if prepared else RETRY)
        if await (round_.unchanged_failure(link_id) if prepared is None else _still(round_, link_id)):
            continue
        together = round_.bound(link_id)
        async with turns[together]:
            # Another link of the group may have seen the same move first.
            if round_.prepared(link_id) is prepared:
                await _compare(round_, together, found)


async def _compare(round_: Round, link_ids: tuple[str, ...], found: "asyncio.Queue[LinkResult]") -> None:
    known = {result.link_id: result for result in round_.results}

    def tell(result: LinkResult) -> None:
        if known.get(result.link_id) != result:
            found.put_nowait(result)

    await round_.compute(tell, only=link_ids)


async def _still(round_: Round, link_id: str) -> bool:
    return not await round_.moved(link_id)
