"""Where other machines may reach this node, as far as this machine can tell."""

import socket

from atsn_tui.home.address import Address, parse_address

_SOMEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses that nobody has: asking for the way there sends nothing."""


def addresses_of(listen: str) -> tuple[str, ...]:
    """The addresses under which a node that listens there may be reached, HOST:PORT, the likeliest first."""
    address = parse_address(listen, listening=True)
    if not address.everywhere:
        return (str(address),)
    families = (socket.AF_INET,) if address.host == "0.0.0.0" else (socket.AF_INET, socket.AF_INET6)  # noqa: S104
    hosts = [host for family, there in _SOMEWHERE if family in families and (host := _way_out(family, there))]
    name = socket.gethostname()
    if "." in name or not hosts:
        hosts.append(name)
    return tuple(str(Address(host, address.port)) for host in hosts)


def _way_out(family: int, there: str) -> str | None:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            host = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if host.startswith(("fe80:", "127.")) else host
