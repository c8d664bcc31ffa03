"""ssh://USER@HOST:PORT, the address of a peer behind an sshd that is already there."""

import re
from dataclasses import dataclass

from atsn_tui.errors import BadInput
from atsn_tui.home.address import is_host, parse_address

SCHEME = "ssh://"

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\$?\Z")
_FORM = "write it as ssh://web1.example, ssh://atsn@192.0.2.7:22 or ssh://[::1]"


@dataclass(frozen=True)
class SshAddress:
    """A host as one would name it to ssh. What is None is for ~/.ssh/config to say."""

    host: str
    """A name, an IP address or an alias in ~/.ssh/config."""
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = "" if self.user is None else f"{self.user}@"
        port = "" if self.port is None else f":{self.port}"
        return f"{SCHEME}{user}{host}{port}"


def is_ssh(address: str) -> bool:
    """Whether the address is that of an sshd, and not of a node's own server."""
    return address.strip().lower().startswith(SCHEME)


def parse_ssh_address(text: str) -> SshAddress:
    """The address in `text`. BadInput says what is wrong."""
    rest = text.strip()[len(SCHEME) :].removesuffix("/") if is_ssh(text) else text.strip()
    user, at, place = rest.rpartition("@")
    if at and not _USER.match(user):
        raise BadInput(f"{text!r} has no valid user name: {_FORM}")
    host, port = _split(text, place)
    if not is_host(host):
        raise BadInput(f"{text!r} is no address: {_FORM}")
    return SshAddress(host, user if at else None, None if port is None else _port(text, port))


def check_address(text: str) -> str:
    """A peer's address in its usual form, HOST:PORT or ssh://…; BadInput says what is wrong."""
    return str(parse_ssh_address(text)) if is_ssh(text) else str(parse_address(text))


def _split(text: str, place: str) -> tuple[str, str | None]:
    if not place.startswith("["):
        host, colon, port = place.partition(":")
        return host, port if colon else None
    host, bracket, rest = place[1:].partition("]")
    if not bracket or ":" not in host or (rest and not rest.startswith(":")):
        raise BadInput(f"{text!r} is no address: {_FORM}")
    return host, rest[1:] if rest else None


def _port(text: str, port: str) -> int:
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65_535):
        raise BadInput(f"{text!r} has no valid port: give a number from 1 to 65535, or leave it out")
    return int(port)
