"""By which way a queued mail goes: a group's settings, or this node's own."""

import asyncio
import functools

from atsn_tui.errors import Unreachable
from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.host.aside import aside
from atsn_tui.mail.choice import node_server_of, sender_for, server_of
from atsn_tui.mail.sender import Sender
from atsn_tui.mail.server import Server
from atsn_tui.model import codec
from atsn_tui.model.mail import NODE
from atsn_tui.store import groups
from atsn_tui.store.database.store import Store

PATIENCE = 5.0
"""Seconds that the file with the password is waited for."""


class Senders:
    """Finds the sender of a route, as the settings are now."""

    def __init__(self, home: Home, config: Config, store: Store) -> None:
        self._home = home
        self._mail = config.mail
        self._store = store
        self.names = {NODE: "this node"}
        """Whose mail goes by a route, for those that were asked for."""

    def change(self, config: Config) -> None:
        """Go on with other options."""
        self._mail = config.mail

    async def sender(self, route: str) -> Sender:
        """The sender of that route. AtsnError if the settings cannot be used."""
        if route == NODE:
            return sender_for(await self._own_server())
        row = await self._store.read(lambda db: groups.get_group(db, route))
        if row is None:
            return sender_for(None)
        self.names[route] = f"group {row.name}"
        settings = codec.decode_settings(row.settings.body)
        return sender_for(server_of(settings.email, settings.credentials, self._mail))

    async def _own_server(self) -> Server | None:
        """This node's mail server. Its password may lie on a file system that hangs."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await aside(functools.partial(node_server_of, self._mail, self._home.path))
        except TimeoutError as error:
            raise Unreachable(
                f"{self._mail.password_file} (mail.password_file in config.toml) cannot be read within"
                f" {PATIENCE:g} s: look at its file system"
            ) from error
