"""Giving a node's database a password, another one, or none."""

import asyncio
from pathlib import Path

from msgspec import Struct

from atsn_tui.home.config import load
from atsn_tui.home.core_dumps import hide
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.node.actor import Actor
from atsn_tui.store import audit
from atsn_tui.store.acting import By
from atsn_tui.store.database import access, sealing
from atsn_tui.store.database.connection import to_the_end
from atsn_tui.store.database.store import Store


class SealedView(Struct, frozen=True, kw_only=True):
    """What was done, as it is shown."""

    encrypted: bool
    files: tuple[str, ...]
    """What was written anew."""
    skipped: tuple[str, ...]
    """Copies that are encrypted with another password, left as they are."""
    plain: tuple[str, ...]
    """What else lies in the home and is not encrypted."""


_PLAIN = {
    "runs": "runs under way and what they printed",
    "crontabs": "backups of crontabs",
    "config.toml": "the node's settings",
    "client_key": "the key for peers",
    "host_key": "the key of this node's server",
}
"""What may lie in a home besides the database."""


def is_encrypted(home: Home) -> bool:
    """Whether the node's database is encrypted. Refused or NotFound if there is no node to use."""
    home.check()
    return access.is_encrypted(home.database)


def known_password(home: Home, passwords: Passwords) -> str | None:
    """The password that a process would find without a person."""
    hide()
    found = passwords.find(load(home.config_file).password_file)
    return None if found is None else found.text


async def change_password(
    home: Home, old: str | None, new: str | None, actor: Actor | None = None
) -> SealedView:
    """Encrypt (`old` None), decrypt (`new` None) or encrypt anew. See `store.sealing.seal` for what it raises.

    `actor` is who does it, for the audit log.

    A cancelled caller is told so when it has ended.
    """
    hide()
    done = await to_the_end(asyncio.get_running_loop().run_in_executor(None, sealing.seal, home, old, new))
    async with await Store.open(home, password=new) as store:
        store.by = None if actor is None else By(actor.who, actor.source)
        action = "database.encrypt" if new is not None else "database.decrypt"
        await store.write(lambda db: audit.note(db, action, "", home.database.name))
    return SealedView(
        encrypted=new is not None,
        files=tuple(map(str, done.files)),
        skipped=tuple(map(str, done.skipped)),
        plain=tuple(_left_plain(home.path)) if new is not None else (),
    )


def _left_plain(path: Path) -> list[str]:
    return [f"{path / name} ({what})" for name, what in _PLAIN.items() if (path / name).exists()]
