"""Replication for front ends: previews that stay live, cycles, and what past cycles came to."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from atsn_tui.errors import BadInput
from atsn_tui.host.background import in_background
from atsn_tui.host.delivery import console_outbox
from atsn_tui.host.timers import run_timers
from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import CycleReport, LinkResult
from atsn_tui.node.core import Core
from atsn_tui.node.links.links import all_links
from atsn_tui.node.lookup import find_group, find_link, find_peer
from atsn_tui.node.peers.contact import connections_of, context_of, leave
from atsn_tui.node.views import LinkView
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.cycle import apply_shown, run_cycle
from atsn_tui.replication.round import OnResult, Round
from atsn_tui.replication.targets import Target, targets_of
from atsn_tui.replication.watch import watch
from atsn_tui.store import cycles, groups, links


class Session:
    """A preview of some links: compute it, watch it, and apply exactly what it shows."""

    def __init__(self, core: Core, round_: Round) -> None:
        self._core = core
        self._round = round_

    async def links(self) -> tuple[LinkView, ...]:
        """The links of the preview, in the order in which they are planned."""
        ids = [target.link.id for target in self._round.targets]
        shown = {link.id: link for link in await self._core.store.read(all_links)}
        return tuple(shown[link_id] for link_id in ids if link_id in shown)

    @property
    def results(self) -> tuple[LinkResult, ...]:
        """What is known of each link now."""
        return self._round.results

    async def compute(self, on_result: OnResult | None = None) -> list[LinkResult]:
        """Compare every link; `on_result` hears of each as it is known. Failures are results, never exceptions."""
        return await self._round.compute(on_result)

    def watch(self) -> AsyncIterator[LinkResult]:
        """New results whenever a side moves, until the caller stops."""
        return watch(self._round)

    def set_mode(self, link_id: str, mode: Mode) -> None:
        """Preview a link in another mode; takes effect with the next compute."""
        self._round.set_mode(link_id, mode)

    def set_skipped(self, link_id: str, skipped: bool) -> None:
        """Leave a link out; takes effect with the next compute, since later links build on earlier ones."""
        self._round.set_skipped(link_id, skipped)

    async def apply(
        self,
        on_result: OnResult | None = None,
        *,
        skip: Collection[str] = (),
        allow: Allowance = Allowance(),
        shown: Mapping[str, LinkResult] | None = None,
    ) -> list[LinkResult]:
        """Apply exactly what was computed, or report `moved`. `shown` maps link ids to the results on screen.

        Cancelling starts no further link and waits for those that were sent.
        """
        context = context_of(self._core)
        return await apply_shown(context, self._round, on_result, skip=skip, allow=allow, shown=shown)


class Replication:
    """Compare and replicate the links of a node."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @asynccontextmanager
    async def open(
        self,
        group: str | None = None,
        peers: Sequence[str] = (),
        link_ids: Sequence[str] = (),
        modes: Mapping[str, Mode] | None = None,
    ) -> AsyncIterator[Session]:
        """A preview by hand of the links of a group, of some peers, or of all."""
        targets = await self._targets(group, peers, link_ids)
        connections = connections_of(self._core)
        try:
            round_ = Round(
                context_of(self._core), connections, targets, attended=True, source=self._core.actor.described
            )
            for link_id, mode in (modes or {}).items():
                round_.set_mode(link_id, mode)
            yield Session(self._core, round_)
        finally:
            await leave(connections)

    async def cycle(
        self,
        group: str | None = None,
        peers: Sequence[str] = (),
        allow: Allowance = Allowance(),
        modes: Mapping[str, Mode] | None = None,
        on_result: OnResult | None = None,
    ) -> CycleReport:
        """Compare and apply without a preview, again if the state moves."""
        targets = await self._targets(group, peers, ())
        connections: Connections = connections_of(self._core)
        try:
            return await run_cycle(
                context_of(self._core),
                connections,
                targets,
                trigger="hand",
                source=self._core.actor.described,
                allow=allow,
                modes=modes or {},
                on_result=on_result,
            )
        finally:
            await leave(connections)

    async def reports(self, limit: int = 50) -> list[CycleReport]:
        """Past cycles, newest first."""
        return await self._core.store.read(lambda db: cycles.list_cycles(db, limit))

    async def run_timers(self) -> None:
        """Carry the periodic cycles, and send the mail about them, while no service runs, until cancelled."""
        core = self._core
        connections = connections_of(core)
        outbox = console_outbox(core.home, core.config, core.store, core.office)
        mailing = in_background(outbox.run(), "sending mail", "restart the console")
        try:
            await run_timers(context_of(core), connections, core.zone, pause=core.home.service_lock)
        finally:
            mailing.cancel()
            await asyncio.gather(mailing, return_exceptions=True)
            await leave(connections)

    async def _targets(
        self, group: str | None, peers: Sequence[str], link_ids: Sequence[str]
    ) -> list[Target]:
        def read(db: sqlite3.Connection) -> list[Target]:
            group_id = _group_id(db, group) if group is not None else None
            wanted = {find_peer(db, name).id for name in peers}
            chosen = {find_link(db, which).id for which in link_ids}
            return [
                target
                for target in targets_of(db)
                if (group_id is None or group_id in (target.link.group_id, target.group))
                and (not wanted or target.peer.id in wanted)
                and (not chosen or target.link.id in chosen)
                and (target.link.enabled or target.link.id in chosen)
            ]

        targets = await self._core.store.read(read)
        if not targets:
            raise BadInput(await self._core.store.read(lambda db: _no_link(db, group, peers)))
        return targets


def _group_id(db: sqlite3.Connection, group: str) -> str:
    """The group's id, or the name under which a link waits for a group that is not here yet."""
    pending = [link.group_name for link in links.list_links(db) if link.group_id is None]
    absent = [
        link.group_id
        for link in links.list_links(db)
        if link.group_id and link.group_name == group and groups.get_group(db, link.group_id) is None
    ]
    if group in pending:
        return group
    return absent[0] if absent else find_group(db, group).id


def _no_link(db: sqlite3.Connection, group: str | None, peers: Sequence[str]) -> str:
    if group is not None:
        group = find_group(db, group).name
    what = f"group {group!r}" if group is not None else "any group"
    whom = f" with {', '.join(peers)}" if peers else ""
    if off := [
        link for link in links.list_links(db) if group in (None, link.group_name) and not link.enabled
    ]:
        return f"every link of {what}{whom} is off: switch it on with: atsn link set {off[0].id[:8]} --enable"
    example = group or "GROUP"
    return f"no link replicates {what}{whom}: make one with: atsn link add {example!r} PEER --push"
