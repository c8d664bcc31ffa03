"""Opening a node's database, with its password if it is encrypted."""

import asyncio
from collections.abc import Awaitable, Callable

from atsn_tui.errors import Refused, WrongPassword
from atsn_tui.home.config import Config
from atsn_tui.home.core_dumps import hide
from atsn_tui.home.home import Home
from atsn_tui.home.locks import Lock
from atsn_tui.home.password import Passwords
from atsn_tui.store.database import access
from atsn_tui.store.database.store import Store

Ask = Callable[[str], Awaitable[str | None]]
"""Asks a person for the password; what went wrong before is given. None: nobody answers."""

TRIES = 3
"""So often a person is asked."""


async def open_store(
    home: Home, config: Config, passwords: Passwords, ask: Ask | None, alone: Lock | None = None
) -> Store:
    """The open store, under a lock of ours or the one that the caller holds alone.

    Refused: it is encrypted and there is no password. WrongPassword: it is not that one.
    """
    if not await asyncio.to_thread(access.is_encrypted, home.database):
        return await Store.open(home, alone=alone)
    hide()
    found = passwords.find(config.password_file)
    if found is not None:
        try:
            return await Store.open(home, password=found.text, alone=alone)
        except WrongPassword as error:
            raise WrongPassword(f"{error} (it came from {found.source})") from error
    if ask is None:
        return await Store.open(home, alone=alone)
    return await _asked(home, ask, alone)


async def _asked(home: Home, ask: Ask, alone: Lock | None) -> Store:
    said = ""
    for left in reversed(range(TRIES)):
        text = await ask(said)
        if not text:
            raise Refused(
                f"the database {home.database} is encrypted, and no password was given: {access.HOW}"
            )
        try:
            return await Store.open(home, password=text, alone=alone)
        except WrongPassword:
            if not left:
                raise
            said = "That is not the password. Try again."
    raise AssertionError("the last try returns or raises")
