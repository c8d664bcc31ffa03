"""The form of a peer."""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.console.forms.peer_line import read_line
from atsn_tui.console.look.plain import shorten
from atsn_tui.home.keys import check_public_key
from atsn_tui.home.ssh_address import check_address, is_ssh
from atsn_tui.model import text
from atsn_tui.node.identity import peer_line
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import IdentityView


@dataclass(frozen=True)
class PeerValues:
    """What was typed about a peer."""

    name: str
    key: str
    address: str
    host_key: str
    grants: tuple[str, ...]
    allow_from: tuple[str, ...]


def peer_form(
    peer: PeerView | None, own: IdentityView, save: Callable[[PeerValues], Awaitable[None]]
) -> Form:
    """A form for a peer, or for a new one; it also shows the line that adds this node over there."""

    async def keep(values: Values) -> None:
        await save(
            PeerValues(
                values["name"],
                values["key"],
                values["address"],
                values["host_key"],
                _words(values["grants"]),
                _words(values["allow_from"]),
            )
        )

    title = "Connect a peer" if peer is None else f"Peer {peer.name}"
    intro = (
        "Type what atsn identity shows on the peer, or paste the whole line that its I key copies.\n"
        f"And on the peer, run this:\n{shorten(peer_line(own), 60)}"
    )
    return Form(
        title,
        _fields(peer),
        _check,
        keep,
        intro=intro if peer is None else "",
        copy=peer_line(own) if peer is None else None,
        verb="Add" if peer is None else "Save",
        fill=read_line if peer is None else None,
    )


def _fields(peer: PeerView | None) -> list[Field]:
    return [
        Field(key="name", label="Name", value=peer.name if peer else "", hint="web1"),
        Field(key="key", label="Public key", value=peer.public_key if peer else "", hint="ssh-ed25519 AAAA…"),
        Field(
            key="address",
            label="Address",
            value=(peer.address or "") if peer else "",
            hint="HOST:PORT or ssh://HOST; empty: it connects to us",
        ),
        Field(
            key="host_key",
            label="Host key",
            value=(peer.host_key or "") if peer else "",
            hint="ssh-ed25519 AAAA…, with an address",
        ),
        Field(
            key="grants",
            label="May here",
            value=", ".join(peer.grants) if peer else "",
            hint="nothing; or pull, push, status, push:GROUP",
        ),
        Field(
            key="allow_from",
            label="Only from",
            value=", ".join(peer.allow_from) if peer else "",
            hint="anywhere; or 10.1.0.0/16",
        ),
    ]


def _words(typed: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in typed.split(",") if word.strip())


def _check(values: Values) -> Checked:
    def host_key(value: str) -> None:
        if value:
            check_public_key(value)
        elif values["address"] and not is_ssh(values["address"]):
            raise ValueError("an address needs the peer's host key: atsn identity shows it there")

    def networks(value: str) -> None:
        for word in _words(value):
            try:
                ipaddress.ip_network(word)
            except ValueError as error:
                raise ValueError(f"{word!r} is no network: write it as 10.1.0.0/16 or 192.0.2.7") from error

    return check_each(
        values,
        {
            "name": lambda value: text.check_name("peer name", value),
            "key": check_public_key,
            "address": lambda value: value and check_address(value),
            "host_key": host_key,
            "grants": _check_grants,
            "allow_from": networks,
        },
    )


def _check_grants(value: str) -> None:
    for word in _words(value):
        if word.partition(":")[0] not in ("pull", "push", "status", "none"):
            raise ValueError(f"{word!r} is no grant: write pull, push or status, or push:GROUP for one group")
