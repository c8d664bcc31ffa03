"""HOST:PORT, as people write it."""

import ipaddress
import re
from dataclasses import dataclass

from atsn_tui.errors import BadInput

DEFAULT_PORT = 8022
"""Where a node listens when no port is said."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}\Z")
_ZONE = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
_FORM = "write it as web1.example:8022, 192.0.2.7:8022 or [::1]:8022"


@dataclass(frozen=True)
class Address:
    """A host and a port. An empty host, legal only to listen on, means every interface."""

    host: str
    port: int

    @property
    def everywhere(self) -> bool:
        """Whether it means every interface, of both kinds or of one."""
        return self.host in ("", "0.0.0.0", "::")  # noqa: S104  # compared with, never bound to

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "*"
        return f"{host}:{self.port}"


def parse_address(text: str, *, listening: bool = False) -> Address:
    """The address in `text`; the port is DEFAULT_PORT unless given. BadInput says what is wrong.

    When `listening`, the port may be 0 (any free one) and the host empty or `*` (every interface).
    """
    host, port = _split(text.strip())
    if listening and host in ("", "*"):
        host = ""
    elif not is_host(host):
        raise BadInput(f"{text!r} is no address: {_FORM}")
    return Address(host, _port(text, port, 0 if listening else 1))


def neighbourhood(address: str) -> str:
    """What one user is thought to hold: an IPv4 address, or a /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)


def _split(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or not _is_ipv6(host):
            raise BadInput(f"{text!r} is no address: {_FORM}")
        return host, rest[1:] if rest else None
    if text.count(":") > 1:
        if _is_ipv6(text):
            return text, None
        raise BadInput(f"{text!r} is no address: {_FORM}")
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _port(text: str, port: str | None, least: int) -> int:
    if port is None:
        return DEFAULT_PORT
    if not (port.isascii() and port.isdigit() and least <= int(port[:6]) <= 65_535):
        raise BadInput(
            f"{text!r} has no valid port: give a number from {least} to 65535, usually {DEFAULT_PORT}"
        )
    return int(port)


def is_host(host: str) -> bool:
    """Whether that can be a host: a name without anything that a shell or an option could make of it, or an address."""
    return bool(_HOST.match(host)) or _is_ipv6(host)


def _is_ipv6(host: str) -> bool:
    """Whether that is an IPv6 address. A zone must be a plain word: the host may become part of a ProxyCommand."""
    address, percent, zone = host.partition("%")
    try:
        return ipaddress.ip_address(address).version == 6 and (not percent or bool(_ZONE.match(zone)))
    except ValueError:
        return False
