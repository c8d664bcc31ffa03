"""The node that a restore takes the place of, as far as it can be read."""

from msgspec import Struct

from atsn_tui.errors import AtsnError
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.locks import Lock
from atsn_tui.home.password import Passwords
from atsn_tui.node.backup.compare import Picture, picture
from atsn_tui.node.unlock import open_store
from atsn_tui.store import instants
from atsn_tui.store.database.store import Store


class Old(Struct, frozen=True, kw_only=True):
    """What is known of it; nothing if it cannot be opened."""

    name: str
    picture: Picture | None = None
    trouble: str = ""
    encrypted: bool = False
    started: bool = True
    """Whether its service has run since the machine booted, or may have."""


async def look(home: Home, passwords: Passwords, lock: Lock, boot_id: str) -> Old:
    """The node at a home, whose `lock` the caller holds alone; nobody is asked for its password."""
    name = str(home.path)
    try:
        config = load(home.config_file)
        name = config.name
        store = await open_store(home, config, passwords, None, lock)
    except AtsnError as error:
        return Old(name=name, trouble=str(error))
    try:
        return await seen(home, store, name, boot_id)
    except AtsnError as error:
        return Old(name=name, trouble=str(error), encrypted=store.encrypted)
    finally:
        await store.close()


async def seen(home: Home, store: Store, name: str, boot_id: str) -> Old:
    """The node at a home, whose store is open. AtsnError: it cannot be read."""
    return Old(
        name=name,
        picture=await picture(home, store),
        encrypted=store.encrypted,
        started=await store.read(lambda db: instants.has_started(db, boot_id)),
    )
