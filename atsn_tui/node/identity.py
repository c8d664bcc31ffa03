"""The line that makes a node known on another one."""

import shlex
import socket

from atsn_tui.home.address import Address, parse_address
from atsn_tui.node.views import IdentityView


def peer_line(view: IdentityView) -> str:
    """The `atsn peer add` line that makes this node known elsewhere."""
    words = ["atsn", "peer", "add", view.name, "--key", view.public_key]
    if view.listen is not None:
        words += ["--address", _reachable(view.listen), "--host-key", view.host_key]
    return shlex.join(words)


def _reachable(listen: str) -> str:
    """Where it listens; for all interfaces, the machine's name stands in for the host."""
    address = parse_address(listen, listening=True)
    return str(Address(socket.gethostname(), address.port)) if address.everywhere else listen
