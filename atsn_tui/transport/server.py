"""Our own SSH server: logs in peers by their keys and offers them one subsystem, nothing else."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh

from atsn_tui.errors import AtsnError, BadInput, Refused
from atsn_tui.home import keys
from atsn_tui.home.address import DEFAULT_PORT, Address, parse_address
from atsn_tui.model.version import VERSION
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.connection_table import ConnectionTable, Only, everybody
from atsn_tui.transport.door import Door
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.login import Login
from atsn_tui.transport.quietlog import QuietLog
from atsn_tui.transport.ssh import ALGORITHMS

Authorize = Callable[[str, str], Awaitable[object]]
"""Something true, as what is known of it, if the peer with that key line may log in from that IP address. It is asked
before the peer has proven that the key is its own, and more than once, so it must record nothing about a peer."""
Serve = Callable[[Channel], Awaitable[None]]
"""Called with each opened channel, which is closed when this returns."""

_CLOSE_TIMEOUT = 5.0


class Server:
    """A listening server. `start` makes one."""

    def __init__(self, acceptor: asyncssh.SSHAcceptor, table: ConnectionTable, address: Address) -> None:
        self._acceptor = acceptor
        self._table = table
        self.address = address
        """Where it really listens, with the port that a 0 was replaced by."""

    @classmethod
    async def start(
        cls,
        listen: str,
        host_key_path: Path,
        authorize: Authorize,
        serve: Serve,
        limits: Limits | None = None,
        door: Door | None = None,
    ) -> "Server":
        """Listen on HOST:PORT. BadInput if that address cannot be used, Refused if we are not allowed to."""
        limits = limits or Limits()
        wanted = parse_address(listen, listening=True)
        log = QuietLog(logging.getLogger(__name__), limits.log_lines_per_minute)
        table = ConnectionTable(authorize, serve, limits, log, door)
        host_key = asyncssh.import_private_key(keys.read(host_key_path))
        try:
            acceptor = await asyncssh.create_server(
                lambda: Login(table),
                wanted.host,
                wanted.port,
                config=None,
                server_version=f"ATSN_{VERSION}",
                server_host_keys=[host_key],
                authorized_client_keys=None,
                public_key_auth=True,
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                gss_host=None,
                gss_kex=False,
                gss_auth=False,
                allow_pty=False,
                agent_forwarding=False,
                x11_forwarding=False,
                x509_trusted_certs=None,
                line_editor=False,
                encoding=None,
                login_timeout=limits.login_timeout,
                keepalive_interval=limits.keepalive,
                keepalive_count_max=3,
                **ALGORITHMS,
            )
        except OSError as error:
            raise _cannot_listen(wanted, error) from error
        return cls(acceptor, table, _real_address(wanted, acceptor))

    async def cut(self, public_key: str, only: Only = everybody) -> bool:
        """End every connection of the peer with that key, also one that is just logging in; whether there was any.

        `only` says which of them, by their IP address and by what `authorize` returned (None while it is asked).
        What is being done for it is cancelled; a transaction that has begun ends first.
        """
        return await self._table.cut(keys.check_public_key(public_key), only)

    async def close(self) -> None:
        """Stop listening, cancel what serves channels and wait for it, and end all connections."""
        self._acceptor.close()
        await self._table.leave()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._acceptor.wait_closed()
        except TimeoutError:
            logging.getLogger(__name__).warning("the listener on %s did not end in time", self.address)


def _real_address(wanted: Address, acceptor: asyncssh.SSHAcceptor) -> Address:
    host, port = acceptor.get_addresses()[0][:2]
    return Address(str(host) if wanted.host else "", int(port))


def _cannot_listen(address: Address, error: OSError) -> AtsnError:
    reasons = {
        errno.EADDRINUSE: "another program uses that address: stop it or choose another port",
        errno.EADDRNOTAVAIL: "this machine has no such address: choose one of its own, or 0.0.0.0",
        errno.EACCES: f"ports below 1024 need root: choose one above, such as {DEFAULT_PORT}",
    }
    text = f"cannot listen on {address}: {reasons.get(error.errno or 0, error.strerror or str(error))}"
    return Refused(text) if error.errno == errno.EACCES else BadInput(text)
