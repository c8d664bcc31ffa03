"""The node's SSH server: who may log in, and what each channel is answered by."""

import functools

from atsn_tui.home.home import Home
from atsn_tui.replication import server as replication
from atsn_tui.replication.context import Context
from atsn_tui.store import peers
from atsn_tui.transport.server import Server


async def start_server(context: Context, home: Home, listen: str) -> Server:
    """Listen for peers. BadInput or Refused if the address cannot be used."""

    async def authorize(public_key: str, address: str) -> bool:
        # A peer from a wrong address is let in as far as Hello, which tells it so: it has proven its key.
        return await context.store.read(lambda db: peers.by_key(db, public_key)) is not None

    return await Server.start(listen, home.host_key, authorize, functools.partial(replication.serve, context))
