"""Watching a round: when either side of a link moves, it is compared anew."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from atsn_tui.errors import AtsnError
from atsn_tui.model.result import LinkResult
from atsn_tui.replication.round import Round
from atsn_tui.replication.targets import bound

POLL = 1.0
"""Seconds between two looks at both heads of a link."""

POLL_TIMEOUT = 5.0
"""Seconds that a peer has to tell its head then."""

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


async def moved(round_: Round, link_id: str) -> bool:
    """Whether a side no longer stands where the link was compared; also True if it cannot be asked."""
    prepared = round_.prepared(link_id)
    if prepared is None:
        return True
    direction, asked = prepared.link.direction, (prepared.result.group_id or "", prepared.result.group)
    try:
        async with asyncio.timeout(POLL_TIMEOUT):
            near = await prepared.near.head(*asked, direction)
            have = near.head.digest if near.head else None
            far = await prepared.far.head(*asked, direction, have)
    except (AtsnError, TimeoutError):
        return True
    primary, secondary = (near, far) if direction == "push" else (far, near)
    return prepared.stand != tuple(info.head.digest if info.head else None for info in (primary, secondary))


async def unchanged_failure(round_: Round, link_id: str) -> bool:
    """Whether a link that failed because its peer was not to be reached would fail just so again."""
    result = next((each for each in round_.results if each.link_id == link_id), None)
    if result is None or result.error is None or result.state not in ("unreachable", "version_mismatch"):
        return False
    try:
        await round_.reach(link_id)
    except AtsnError as error:
        return (error.code, error.message) == (result.error.code, result.error.message)
    return False


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
        same = await unchanged_failure(round_, link_id)
    else:
        same = not await moved(round_, link_id)
    if same:
        return
    together = bound(round_.targets, link_id)
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
