"""The audit log of a node: who changed what, when and from where, and whether the log is as it was written."""

import re
import sqlite3
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import dates
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_peer
from atsn_tui.node.past.history import find_past
from atsn_tui.node.past.views import AuditCheck, AuditHead, AuditProblem, AuditView, audit_view
from atsn_tui.node.runs.until import after
from atsn_tui.schedule.zones import instant_of
from atsn_tui.store import audit, audit_check, pruning
from atsn_tui.store.audit import Head, Row

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Audit:
    """Ask the log."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(
        self,
        limit: int | None = None,
        since: str | None = None,
        group: str | None = None,
        peer: str | None = None,
    ) -> "list[AuditView]":
        """The entries, newest first. `since` is a date, a time or a length of time, as in 2h.

        `group` and `peer` may have been removed: then give the id that the log tells. BadInput, NotFound.
        """
        moment = None if since is None else self._since(since)

        def read(db: sqlite3.Connection) -> "list[AuditView]":
            group_id = None if group is None else _known(db, group, "group")
            peer_id = None if peer is None else _known(db, peer, "peer")
            found = (
                row
                for row in audit.rows(db, since=moment)
                if (group_id is None or row.group_id == group_id)
                and (peer_id is None or peer_id in (row.peer_id, row.subject))
            )
            return [audit_view(row) for row in islice(found, limit)]

        return await self._core.store.read(read)

    async def get(self, number: int) -> AuditView:
        """One entry. BadInput: there is none of that number."""
        row: Row | None = await self._core.store.read(lambda db: audit.get(db, number))
        if row is None:
            raise BadInput(f"the log has no entry {number}; see those there are with: atsn audit")
        return audit_view(row)

    async def head(self) -> AuditHead:
        """The end of the log, to be kept where this node cannot change it."""
        found: Head = await self._core.store.read(audit.head)
        return _head(found)

    async def verify(self, kept: str | None = None) -> AuditCheck:
        """Verify the whole log, and that the head that was kept elsewhere, if one is given, is in it. BadInput."""
        expected = None if kept is None else _parsed(kept)
        found = await self._core.store.read(lambda db: audit_check.check(db, expected))
        return AuditCheck(
            intact=not found.problems,
            entries=found.entries,
            first=found.first,
            head=_head(found.head),
            problems=tuple(AuditProblem(number=each.number, text=each.text) for each in found.problems),
        )

    async def prune(self, days: int) -> int:
        """Forget what is older than so many days, in the log and in the history; how many entries.

        Refused if the log does not verify. Nobody who writes meanwhile waits for long.
        """
        store, before = self._core.store, self._core.now() - days * 86_400_000_000
        planned = await store.read_aside(lambda db: pruning.plan(db, before))
        if planned is None:
            return 0
        for step in pruning.steps(planned):
            await store.write(step)
        if await store.read_aside(pruning.has_loose_secrets):
            await store.write(pruning.forget_loose_secrets)
        return planned.entries

    def _since(self, words: str) -> int:
        now = self._core.now()
        try:
            return 2 * now - after(words, now)
        except BadInput:
            pass
        try:
            given = datetime.fromisoformat(words)
            moment = given if given.tzinfo else instant_of(given, ZoneInfo(self._core.zone))
            return dates.parse_date(moment.isoformat())
        except (ValueError, OverflowError) as error:
            raise BadInput(
                f"{words!r} is no time: write it as 2h, 3d, 2026-12-24 or 2026-12-24T18:00"
            ) from error


def _known(db: sqlite3.Connection, which: str, kind: str) -> str:
    """The id of a group or a peer; that of one that is gone may be typed as the log tells it."""
    if any(which == (row.group_id if kind == "group" else row.peer_id) for row in audit.rows(db)):
        return which
    if kind == "group":
        return find_past(db, which)[0]
    try:
        return find_peer(db, which).id
    except NotFound:
        gone = (row.peer_id for row in audit.rows(db) if (row.action, row.name) == ("peer.remove", which))
        found = next(gone, None)
        if found is None:
            raise
        return found


def _parsed(kept: str) -> Head:
    found = _HEAD.fullmatch(kept.strip())
    if found is None:
        raise BadInput(f"{kept!r} is no head of a log: give it as atsn audit --head printed it, NUMBER:HASH")
    return Head(int(found[1]), bytes.fromhex(found[2]))


def _head(head: Head) -> AuditHead:
    return AuditHead(number=head.number, hash=head.hash.hex())
