"""What is to be given back: whole crontabs, groups or tasks, as people name them."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence

from atsn_tui.errors import AtsnError, BadInput, NotFound
from atsn_tui.formats import takeover
from atsn_tui.home.crontab_files import Place, place_of, places
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_group, find_task
from atsn_tui.store import groups, imports

Selection = dict[Place, set[str] | None]
"""Crontabs, each with the ids of the tasks that are meant; None: all that were taken over from it."""


async def select(core: Core, words: Sequence[str]) -> Selection:
    """The crontabs, groups and tasks of these names. NotFound, Ambiguous or BadInput."""
    chosen: Selection = {}
    for word in words:
        place = place_of(word)
        if place is not None:
            chosen[place] = None
            continue
        named = await core.store.read(lambda db, word=word: _named(db, word))  # type: ignore[misc]
        for source, ids in named.items():
            place = place_of(source)
            if place is None:
                raise BadInput(f"{word} was imported from {source}, which cron on this machine does not read")
            known = chosen.setdefault(place, set())
            if known is not None:
                known |= ids
    return chosen


async def everything(core: Core) -> Selection:
    """All crontabs of this machine of which this node has taken anything over."""
    sources = await core.store.read(_sources)
    known = {place for source in sources if (place := place_of(source)) is not None}
    return await asyncio.to_thread(_with_marks, core, [*places(), *known])


def _with_marks(core: Core, candidates: Sequence[Place]) -> Selection:
    ours = takeover.short(core.store.node_id)
    chosen: Selection = {}
    for place in dict.fromkeys(candidates):
        try:
            data = place.read()
        except AtsnError:
            continue  # it is gone, or another user's
        if any(each.node == ours for each in takeover.marked(data)):
            chosen[place] = None
    return chosen


def _named(db: sqlite3.Connection, word: str) -> dict[str, set[str]]:
    """The tasks of a group, or one task, by the sources that they were imported from."""
    found: dict[str, set[str]] = defaultdict(set)
    for task_id, imported in _imports(db, word):
        found[imported.source].add(task_id)
    if not found:
        raise NotFound(f"nothing of {word!r} was imported from a crontab, so there is nothing to give back")
    return found


def _imports(db: sqlite3.Connection, word: str) -> Iterator[tuple[str, imports.Imported]]:
    try:
        group = find_group(db, word)
    except NotFound as no_group:
        try:
            group, row = find_task(db, word)
        except NotFound as error:
            raise (error if "/" in word else no_group) from error
        origin = imports.get(db, group.id, row.record.id)
        if origin is not None:
            yield row.record.id, origin
    else:
        yield from imports.list_imports(db, group.id).items()


def _sources(db: sqlite3.Connection) -> set[str]:
    return {
        imported.source
        for group in groups.list_groups(db)
        for imported in imports.list_imports(db, group.id).values()
    }
