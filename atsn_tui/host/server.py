"""The node's SSH server: who may log in, and what each channel is answered by."""

import functools

from atsn_tui.home import keys
from atsn_tui.home.home import Home
from atsn_tui.model.peer import Peer
from atsn_tui.replication import server as replication
from atsn_tui.replication.context import Context
from atsn_tui.replication.pairing.door import InviteDoor
from atsn_tui.store import peers
from atsn_tui.transport.door import Door
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.server import Server


async def start_server(context: Context, home: Home, listen: str, limits: Limits | None = None) -> Server:
    """Listen for peers, and for nodes with an invite. BadInput or Refused if the address cannot be used."""
    door = InviteDoor(context, keys.public_line(home.client_key))

    async def authorize(public_key: str, address: str) -> Peer | None:
        # A peer from a wrong address is let in as far as Hello, which tells it so: it has proven its key.
        known = await context.store.read(lambda db: peers.by_key(db, public_key))
        if known is None:
            # The key has not been proven; nothing is remembered but that somebody came from there.
            reason = f"the key {keys.fingerprint(public_key)} is no peer's"
            await context.refusals.note(context.store, context.now(), None, address, reason)
        return known

    return await Server.start(
        listen,
        home.host_key,
        authorize,
        functools.partial(replication.serve, context),
        limits,
        door=Door(door.admits, door.serve),
    )
