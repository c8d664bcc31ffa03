"""How a peer gets into each state of the table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from atsn_tui.model.peer import Grant, Peer
from atsn_tui.model.text import new_id
from tests.attack.stage import Attacker, Stage

Hook = Callable[[Stage, Peer], Awaitable[object]]


async def nothing(stage: Stage, peer: Peer) -> None:
    """Nothing changes meanwhile."""


async def removed(stage: Stage, peer: Peer) -> None:
    """The peer is removed meanwhile."""
    await stage.forget(peer)


async def robbed(stage: Stage, peer: Peer) -> None:
    """The peer loses its grants meanwhile."""
    await stage.change(peer, grants=())


@dataclass
class State:
    """What is known of a peer here, and what it says of itself."""

    known: dict[str, Any] | None = field(default_factory=dict)
    """How he differs from a peer that may do everything; None: he is no peer."""
    says: dict[str, Any] = field(default_factory=dict)
    """How he differs from an honest one."""
    asks_for: str = "group"
    meanwhile: Hook = nothing
    """What happens between his Hello and his question."""


def _known(**fields: Any) -> State:
    return State(known=fields)


def _from(address: str, *allowed: str) -> State:
    return State(known={"allow_from": allowed}, says={"came_from": address})


def _new_key() -> str:
    key = asyncssh.generate_private_key("ssh-ed25519")
    return " ".join(key.export_public_key().decode().split()[:2])


def states(stage: Stage, good: Attacker) -> dict[str, State]:
    """All of them, by the name that they have in the table."""
    other = tuple(Grant(access, stage.other) for access in ("pull", "push", "status"))  # type: ignore[arg-type]
    return {
        "may do everything": State(),
        "may pull": _known(grants=(Grant("pull"),)),
        "may push": _known(grants=(Grant("push", stage.group),)),
        "may ask for the status": _known(grants=(Grant("status"),)),
        "may do nothing": _known(grants=()),
        "may do everything to another group": _known(grants=other),
        "asks for a local group": State(asks_for="local"),
        "asks for a group that is not there": State(asks_for="absent"),
        "was removed": State(known=None),
        "was removed after its Hello": State(meanwhile=removed),
        "lost its grants after its Hello": State(meanwhile=robbed),
        "got another key": _known(public_key=_new_key()),
        "nobody knows its key": State(known=None, says={"name": "nobody"}),
        "nobody knows where it comes from": State(says={"came_from": ""}),
        "comes from a wrong IPv4 address": _from("127.0.0.1", "198.51.100.0/24", "::/0"),
        "comes from a wrong IPv6 address": _from("::1", "2001:db8::/32"),
        "comes by IPv6, and IPv4 is allowed": _from("::1", "0.0.0.0/0"),
        "comes from a right IPv6 address": _from("::1", "198.51.100.0/24", "::1"),
        "comes from a mapped right address": _from("::ffff:127.0.0.1", "127.0.0.0/8"),
        "comes from a mapped wrong address": _from("::ffff:127.0.0.1", "198.51.100.0/24", "::/0"),
        "is of another version": State(says={"version": "0.0.1"}),
        "speaks another protocol": State(says={"protocol": 99}),
        "says it is another peer": State(known={"node_id": None}, says={"node_id": good.node_id}),
        "says it is another than before": State(known={"node_id": new_id()}),
        "says it is this very node": State(says={"node_id": stage.context.node_id}, known={"node_id": None}),
        "says it is no node at all": State(says={"node_id": "../x"}, known={"node_id": None}),
    }
