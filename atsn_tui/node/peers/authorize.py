"""Letting a peer in by an sshd that is already there: its line in an authorized_keys file."""

import asyncio
import os
import pwd
import shlex
import socket
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from atsn_tui.errors import AtsnError, BadInput, NotFound, Refused
from atsn_tui.home import authorized_keys, keys
from atsn_tui.home.authorized_line import AuthorizedPeer
from atsn_tui.home.ownership import person
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_peer
from atsn_tui.node.peers.views import AuthorizationView, PeerView
from atsn_tui.store import audit, peers

SSHD_KEY = Path("/etc/ssh/ssh_host_ed25519_key.pub")


@dataclass(frozen=True)
class Request:
    """What is wanted."""

    program: Sequence[str]
    """The words that run atsn for the peer, the first an absolute path."""
    user: str | None = None
    """Whom it logs in as; None: this node's owner, and nobody else can be."""
    file: str | None = None
    """None: that user's ~/.ssh/authorized_keys."""
    remove: bool = False
    write: bool = True
    """False: only tell the line."""


async def authorize(core: Core, name: str, request: Request) -> AuthorizationView:
    """Write or remove the peer's line. NotFound, BadInput or Refused; then the file is as it was."""
    if request.user is not None and request.file is not None:
        raise BadInput("--user and --file exclude each other: a file is somebody's already")
    if request.remove and not request.write:
        raise BadInput("--print and --remove exclude each other")
    owner = core.home.path.stat().st_uid
    if request.user is not None:
        _check_user(core, name, request.user, owner)
    path = _file(request.file, owner)
    if request.remove:
        change = await asyncio.to_thread(authorized_keys.unauthorize, path, core.home.path, name)
        await _record(core, "peer.unauthorize", name, path, change)
        return AuthorizationView(peer=name, user=person(owner), file=str(path), line=None, change=change)
    peer = await core.store.read(lambda db: find_peer(db, name))
    wanted = AuthorizedPeer(
        request.program,
        core.home.path,
        peer.name,
        peer.public_key,
        keys.fingerprint(peer.public_key),
        peer.allow_from,
    )
    line = wanted.line()
    view = AuthorizationView(
        peer=peer.name,
        user=person(owner),
        file=str(path),
        line=line,
        change="printed",
        address=f"ssh://{person(owner)}@{socket.gethostname()}",
        host_key=_sshd_key(),
    )
    if not request.write:
        return view
    change = await asyncio.to_thread(authorized_keys.authorize, path, core.home.path, peer.name, line)
    await _record(core, "peer.authorize", name, path, change)
    return replace(view, change=change)


async def _record(core: Core, action: str, name: str, path: Path, change: str) -> None:
    """Tell the audit log of a line that was written or taken out."""
    if change in ("unchanged", "absent"):
        return

    def write(db: sqlite3.Connection) -> None:
        peer = peers.by_name(db, name)
        peer_id = peer.id if peer else ""
        audit.note(db, action, peer_id or name, name, peer_id=peer_id, summary=f"{change} in {path}")

    await core.store.write(write)


@dataclass(frozen=True)
class Outdated:
    """A line that says other than what is so."""

    text: str
    purpose: str
    command: str

    def __str__(self) -> str:
        return f"{self.text}; {self.purpose}: {self.command}"


def outdated(core: Core, name: str, now: PeerView | None) -> Outdated | None:
    """What to do about the line of the peer once named so, if it says other than what is known `now`."""
    try:
        path = authorized_keys.default_file(os.geteuid())
    except AtsnError:
        return None
    line = authorized_keys.authorized(path, core.home.path, name)
    if line is None:
        return None
    if now is None:
        return Outdated(
            f"the line of {name} in {path} lets it in no further than to be told that it is no peer",
            "to remove it as well",
            f"atsn peer authorize {shlex.quote(name)} --remove",
        )
    wanted = AuthorizedPeer(
        ("atsn",), core.home.path, now.name, now.public_key, keys.fingerprint(now.public_key), now.allow_from
    )
    # How atsn is called there does not matter, what stands behind does.
    if line.partition(" --home ")[2].strip() == wanted.line().partition(" --home ")[2]:
        return None
    return Outdated(
        f"the line of {name} in {path} still says what was so before",
        "to let it in as it is now",
        f"atsn peer authorize {shlex.quote(now.name)}",
    )


def outdated_lines(core: Core, known: Sequence[PeerView]) -> list[Outdated]:
    """Every line of this node in its owner's file that says other than what is so."""
    try:
        path = authorized_keys.default_file(os.geteuid())
    except AtsnError:
        return []
    views = {view.name: view for view in known}
    names = authorized_keys.peers_in(path, core.home.path)
    found = [outdated(core, name, views.get(name)) for name in names]
    return [each for each in found if each is not None]


def _check_user(core: Core, name: str, user: str, owner: int) -> None:
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError as error:
        raise NotFound(f"this machine has no user {user!r}: getent passwd shows those there are") from error
    if uid != owner:
        raise Refused(
            f"the node at {core.home.path} belongs to {person(owner)}, and {user} could not open it: let "
            f"{name} log in as its owner: atsn peer authorize {shlex.quote(name)} --user {person(owner)}"
        )


def _file(given: str | None, owner: int) -> Path:
    if given is None:
        return authorized_keys.default_file(owner)
    if not given.strip() or "\0" in given:
        raise BadInput("--file names no file: give its path, as in --file ~/.ssh/authorized_keys")
    return Path(os.path.abspath(os.path.expanduser(given)))


def _sshd_key() -> str | None:
    try:
        return keys.check_public_key(SSHD_KEY.read_text())
    except (OSError, UnicodeDecodeError, BadInput):
        return None
