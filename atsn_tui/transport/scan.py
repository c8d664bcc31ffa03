"""Looking at the host key that a server shows, to be compared and pinned by a person."""

import asyncio

import asyncssh

from atsn_tui.errors import Refused
from atsn_tui.home.address import parse_address
from atsn_tui.transport.dial import options, unreachable
from atsn_tui.transport.ssh import public_line


async def host_key_of(address: str, timeout: float = 10.0) -> str:
    """The host key that the server at HOST:PORT shows now, as `ssh-ed25519 AAAA…`. It proves nothing alone.

    Unreachable: no SSH server answers within `timeout` seconds. Refused: it has no key of that type.
    """
    wanted = parse_address(address)
    try:
        async with asyncio.timeout(timeout):
            key = await asyncssh.get_server_host_key(
                wanted.host, wanted.port, config=None, options=options(None)
            )
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise unreachable(str(wanted), error, timeout) from error
    if key is None:
        raise Refused(f"{wanted} shows no host key: is it an ATSN node?")
    return public_line(key)
