"""Connecting to a node that does not know us yet: only the exchange of an invite is behind that login."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.home.address import parse_address
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.dial import options, unreachable
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.ssh import JOIN_MESSAGE, JOIN_SUBSYSTEM, JOIN_USER, Feeding, public_line

_ASK_AGAIN = "ask for a new line, which is made there with: atsn peer invite"


@asynccontextmanager
async def joining(
    addresses: Sequence[str], host_key: str, client_key_path: Path, timeout: float
) -> AsyncIterator[tuple[str, Channel]]:
    """A channel to the first of the addresses that answers with that host key, and that address.

    Each has `timeout` seconds. Unreachable: none answers. Refused: another key is shown there, or no invite is open.
    """
    key = asyncssh.import_private_key(keys.read(client_key_path))
    address, connection = await _first(addresses, host_key, key, timeout)
    try:
        yield address, await _open(address, host_key, connection, timeout)
    finally:
        connection.abort()


async def _first(
    addresses: Sequence[str], host_key: str, key: asyncssh.SSHKey, timeout: float
) -> tuple[str, asyncssh.SSHClientConnection]:
    failed: list[AtsnError] = []
    for address in addresses:
        try:
            return address, await _dial(address, host_key, key, timeout)
        except (Refused, Unreachable) as error:
            failed.append(error)
    # Who was reached and said no tells more than what could not be reached.
    raise max(failed, key=lambda error: isinstance(error, Refused))


async def _dial(
    address: str, host_key: str, key: asyncssh.SSHKey, timeout: float
) -> asyncssh.SSHClientConnection:
    wanted, visit = parse_address(address), _Visit(host_key)
    try:
        async with asyncio.timeout(timeout):
            return await asyncssh.connect(
                wanted.host,
                wanted.port,
                config=None,
                options=options(key),
                username=JOIN_USER,
                client_factory=lambda: visit,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise Refused(
            f"{address} is not the node that made this line: it shows the host key "
            f"{keys.fingerprint(visit.shown) if visit.shown else 'of another kind'}, and the line says "
            f"{keys.fingerprint(host_key)}. Somebody may be in between, or that node was set up anew: {_ASK_AGAIN}"
        ) from error
    except asyncssh.PermissionDenied as error:
        raise Refused(
            f"{address} lets nobody join just now: the invite has expired, was used by another node or was "
            f"withdrawn, or there were too many wrong lines; {_ASK_AGAIN}"
        ) from error
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise unreachable(address, error, timeout) from error


async def _open(
    address: str, host_key: str, connection: asyncssh.SSHClientConnection, timeout: float
) -> FramedChannel:
    channel = FramedChannel(address, Identity(host_key, address), JOIN_MESSAGE)
    try:
        async with asyncio.timeout(timeout):
            await connection.create_session(
                lambda: _Session(channel), subsystem=JOIN_SUBSYSTEM, encoding=None
            )
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise unreachable(address, error, timeout) from error
    return channel


class _Visit(asyncssh.SSHClient):
    """One connection. Only the host key that the line names will do."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self.shown: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether the server shows the key of the line."""
        self.shown = public_line(key)
        return self.shown == self._wanted


class _Session(Feeding, asyncssh.SSHClientSession[bytes]):
    """Our end of the exchange."""
