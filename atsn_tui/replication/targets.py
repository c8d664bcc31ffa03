"""The links of this node as a round takes them: with their peers, in planning order."""

import sqlite3

from atsn_tui.replication.order import Target
from atsn_tui.store import groups, links, peers


def targets_of(db: sqlite3.Connection) -> list[Target]:
    """Every link, by group, pulls before pushes, then in the order in which they were made."""
    found: list[Target] = []
    for link in links.list_links(db):
        peer = peers.get(db, link.peer_id)
        group = groups.get_group(db, link.group_id) if link.group_id else None
        if peer is not None:
            found.append(Target(link, peer, group.name if group else link.group_name))
    found.sort(key=lambda target: (target.group, target.link.direction == "push", target.link.position))
    return found
