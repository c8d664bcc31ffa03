"""The node at a glance."""

import sqlite3

from atsn_tui.home.pulse import Pulse
from atsn_tui.model import codec, dates
from atsn_tui.model.version import VERSION
from atsn_tui.node.core import Core
from atsn_tui.node.groups import view
from atsn_tui.node.links.links import all_links
from atsn_tui.node.peers.standing import peer_view
from atsn_tui.node.runs.held import active_holds
from atsn_tui.node.runs.views import RunView, run_view
from atsn_tui.node.troubles import trouble_views
from atsn_tui.node.views import StatusView
from atsn_tui.store import groups, peers, runs, standby, tasks
from atsn_tui.store.groups import GroupRow

SOUND = (None, "in_sync", "applied")
"""States of a link that ask for nobody's attention."""

SHOWN = 50
"""The most failed runs that are listed."""


async def status(core: Core, pulse: Pulse) -> StatusView:
    """Groups, peers and links with how they stand, what is paused, and what failed."""
    silent = pulse.silent_since(core.now())

    def read(db: sqlite3.Connection) -> StatusView:
        of_links = tuple(all_links(db))
        of_peers = tuple(peer_view(db, peer) for peer in peers.list_peers(db))
        rows = groups.list_groups(db)
        failing = _failing(db, rows, core.now())
        troubles = trouble_views(db, core.config, core.now())
        waits = not pulse.running and (
            any(link.enabled and link.schedule for link in of_links) or _some_task_is_scheduled(db, rows)
        )
        return StatusView(
            name=core.config.name,
            node_id=core.store.node_id,
            version=VERSION,
            service="running" if pulse.running else "stopped",
            scheduler_turned_at=dates.format_date(pulse.turned) if pulse.running else None,
            silent_since=None if silent is None else dates.format_date(silent),
            listen=core.config.listen,
            groups=tuple(view(db, row) for row in rows),
            peers=of_peers,
            links=of_links,
            healthy=not (failing or troubles or waits)
            and silent is None
            and all(peer.silent_since is None for peer in of_peers)
            and all(link.state in SOUND for link in of_links if link.enabled),
            waits_for_service=waits,
            holds=tuple(active_holds(db, core.now())),
            failing=failing,
            troubles=troubles,
        )

    return await core.store.read(read)


def _failing(db: sqlite3.Connection, rows: list[GroupRow], now: int) -> tuple[RunView, ...]:
    names = {row.id: row.name for row in rows}
    last = [run for run in runs.last_failures(db) if _enabled(db, run.group_id, run.task_id)]
    return tuple(run_view(run, names, now) for run in last[:SHOWN])


def _some_task_is_scheduled(db: sqlite3.Connection, rows: list[GroupRow]) -> bool:
    """Whether a task that is on, of a group that runs here, has a schedule."""
    here = standby.list_here(db)
    for row in rows:
        if row.id in here and here[row.id].standby:
            continue
        for (body,) in db.execute("SELECT body FROM tasks WHERE group_id = ?", (row.id,)):
            task = codec.decode_task(body)
            if task.enabled and any(each != "manual" for each in task.schedules):
                return True
    return False


def _enabled(db: sqlite3.Connection, group_id: str, task_id: str) -> bool:
    """Whether the task is there, and on."""
    return any(codec.decode_task(row.record.body).enabled for row in tasks.get(db, group_id, [task_id]))
