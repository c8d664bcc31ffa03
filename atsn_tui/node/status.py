"""The node at a glance."""

import sqlite3

from atsn_tui.model.version import VERSION
from atsn_tui.node.core import Core
from atsn_tui.node.groups import view
from atsn_tui.node.links import all_links
from atsn_tui.node.peers import peer_view
from atsn_tui.node.views import StatusView
from atsn_tui.store import groups, peers

SOUND = (None, "in_sync", "applied")
"""States of a link that ask for nobody's attention."""


async def status(core: Core, running: bool) -> StatusView:
    """Groups, peers and links with how they stand."""

    def read(db: sqlite3.Connection) -> StatusView:
        of_links = tuple(all_links(db))
        return StatusView(
            name=core.config.name,
            node_id=core.store.node_id,
            version=VERSION,
            service="running" if running else "stopped",
            listen=core.config.listen,
            groups=tuple(view(db, row) for row in groups.list_groups(db)),
            peers=tuple(peer_view(db, peer) for peer in peers.list_peers(db)),
            links=of_links,
            healthy=all(link.state in SOUND for link in of_links if link.enabled),
        )

    return await core.store.read(read)
