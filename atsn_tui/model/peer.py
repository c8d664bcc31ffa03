"""Peers and links: whom this node knows, what they may do here, and what is replicated with them."""

import ipaddress
from typing import Annotated, Literal

from msgspec import Meta, Struct

from atsn_tui.model import text
from atsn_tui.model.plan import Mode

Access = Literal["pull", "push", "status"]
Direction = Literal["push", "pull"]


class Grant(Struct, frozen=True, array_like=True):
    """One thing that a peer may do here, for one group or for all."""

    access: Access
    group_id: str | None = None
    """None: every replicated group."""

    @property
    def text(self) -> str:
        """As it is written: `pull`, or `pull:` and the group's id."""
        return self.access if self.group_id is None else f"{self.access}:{self.group_id}"


class Peer(Struct, frozen=True, kw_only=True):
    """Another node as this one knows it."""

    id: str
    name: str
    public_key: str
    """Its client key, as in an authorized_keys line without options or comment."""
    address: str | None = None
    """HOST:PORT; None: it only ever connects to us."""
    host_key: str | None = None
    """Its pinned SSH host key."""
    grants: tuple[Grant, ...] = ()
    allow_from: tuple[str, ...] = ()
    """CIDR networks that it may come from; empty: any."""
    node_id: str | None = None
    """Bound at first contact."""

    def __post_init__(self) -> None:
        text.check_name("peer name", self.name)
        for network in self.allow_from:
            try:
                network_of(network)
            except ValueError as error:
                raise ValueError(
                    f"{network!r} is no network: write it as 10.1.0.0/16 or 192.0.2.7"
                ) from error

    @property
    def route(self) -> tuple[str | None, ...]:
        """How it is connected to: a connection that was made by another route leads nowhere any more."""
        return self.name, self.address, self.host_key

    def may(self, access: Access, group_id: str | None = None) -> bool:
        """Whether a grant covers that access; group_id None asks for a grant for all groups."""
        return any(grant.access == access and grant.group_id in (None, group_id) for grant in self.grants)

    def may_come_from(self, address: str) -> bool:
        """Whether the peer may connect from that IP address."""
        return comes_from(self.allow_from, address)


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network in a text; ValueError if it is none. IPv4 written as IPv6 means the network of IPv4."""
    # A zone is a word of its own machine, and is cut off where addresses are compared.
    if "%" in text:
        raise ValueError(f"{text!r} has a zone")
    found = ipaddress.ip_network(text)
    if isinstance(found, ipaddress.IPv6Network) and (start := found.network_address.ipv4_mapped):
        return ipaddress.ip_network((start, found.prefixlen - 96)) if found.prefixlen >= 96 else found
    return found


def comes_from(networks: tuple[str, ...], address: str) -> bool:
    """Whether an IP address is in one of the CIDR networks; where there are none, any is."""
    if not networks:
        return True
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network_of(network) for network in networks)


class Link(Struct, frozen=True, kw_only=True):
    """A group replicated with a peer, in one direction and one mode."""

    id: str
    group_id: str | None
    """None until the peer told which of its groups has that name (pull only)."""
    group_name: str
    """The group's name when the link was made."""
    peer_id: str
    direction: Direction
    mode: Mode = "easy"
    schedule: Annotated[str | None, Meta(description="None: by hand only.")] = None
    apply: Literal["auto", "ask"] = "auto"
    enabled: bool = True
    position: int = 0
    """The order among the links of one group, smallest first."""
    max_deletions: int | None = None
    """The brake's limit for pulls by this link; None: the node's."""
