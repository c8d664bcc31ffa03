"""What a person should mend about the node itself: what keeps it from telling what it should, and clocks."""

import sqlite3
from collections.abc import Iterator

from atsn_tui.home.config import Config
from atsn_tui.model import dates
from atsn_tui.model.dates import SECOND
from atsn_tui.model.mail import NODE
from atsn_tui.model.skew import beyond_doubt, skew_words
from atsn_tui.node.views import TroubleView
from atsn_tui.store import groups, outbox, peers, troubles
from atsn_tui.store.outbox import Stuck


def trouble_views(db: sqlite3.Connection, config: Config, now: int) -> tuple[TroubleView, ...]:
    """All troubles of the node that concern what config.toml still wants."""
    wanted = _wanted(config)
    noted = [
        TroubleView(place=each.place, since=dates.format_date(each.since), text=each.text)
        for each in troubles.list_troubles(db)
        if each.place in wanted
    ]
    return (*noted, *(_stuck(db, each) for each in outbox.stuck(db, now)), *_clocks(db, config.clock.limit))


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


def _clocks(db: sqlite3.Connection, limit: int) -> Iterator[TroubleView]:
    """Peers whose clock is too far away."""
    for peer in peers.list_peers(db):
        state = peers.get_state(db, peer.id)
        skew = state.clock_skew_us or 0
        if state.state != "unreachable" and beyond_doubt(skew, state.latency_us) > limit * SECOND:
            yield TroubleView(
                place=f"clock of {peer.name}",
                since=None,
                text=f"{peer.name}: clock {skew_words(skew)}: which change is the later one cannot be told;"
                " set the clock that is wrong, as with: timedatectl set-ntp true",
            )


def _stuck(db: sqlite3.Connection, mail: Stuck) -> TroubleView:
    row = None if mail.route == NODE else groups.get_group(db, mail.route)
    whose = "this node" if mail.route == NODE else f"group {row.name}" if row else f"group {mail.route}"
    count = f"{mail.waiting} waiting" if mail.waiting else "the last one was given up"
    return TroubleView(
        place=f"mail of {whose}",
        since=dates.format_date(mail.since),
        text=f"mail of {whose}, {count}: {mail.error}",
    )
