"""What keeps a node from telling what it should: noted troubles, and mail that does not get through."""

import sqlite3

from atsn_tui.home.config import Config
from atsn_tui.model import dates
from atsn_tui.model.mail import NODE
from atsn_tui.node.views import TroubleView
from atsn_tui.store import groups, outbox, troubles
from atsn_tui.store.outbox import Stuck


def trouble_views(db: sqlite3.Connection, config: Config, now: int) -> tuple[TroubleView, ...]:
    """All troubles of the node that concern what config.toml still wants."""
    wanted = _wanted(config)
    noted = [
        TroubleView(place=each.place, since=dates.format_date(each.since), text=each.text)
        for each in troubles.list_troubles(db)
        if each.place in wanted
    ]
    return (*noted, *(_stuck(db, each) for each in outbox.stuck(db, now)))


def _wanted(config: Config) -> set[str]:
    """The places that can be in trouble at all."""
    reports = config.reports
    return {
        place
        for place, set_ in (
            ("reports.file", reports.when != "never" and reports.file),
            ("reports.to", reports.when != "never" and reports.to),
            ("heartbeat", config.heartbeat.url),
        )
        if set_
    }


def _stuck(db: sqlite3.Connection, mail: Stuck) -> TroubleView:
    row = None if mail.route == NODE else groups.get_group(db, mail.route)
    whose = "this node" if mail.route == NODE else f"group {row.name}" if row else f"group {mail.route}"
    count = f"{mail.waiting} waiting" if mail.waiting else "the last one was given up"
    return TroubleView(
        place=f"mail of {whose}",
        since=dates.format_date(mail.since),
        text=f"mail of {whose}, {count}: {mail.error}",
    )
