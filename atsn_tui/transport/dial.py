"""Connecting to one peer: whose key we expect, and what to say when it does not work."""

import asyncio
import errno
import getpass
import os
import shlex
import socket
from dataclasses import dataclass
from typing import Any

import asyncssh

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.home.address import parse_address
from atsn_tui.model.version import VERSION
from atsn_tui.transport.ssh import ALGORITHMS, KEY_TYPE, USER, clean, public_line
from atsn_tui.transport.trace import PLAIN, Trace

KEEPALIVE = 15.0
"""A silent connection is asked this often, in seconds, whether it lives; after three questions it ends."""

KEYS_ONLY: dict[str, Any] = {
    "preferred_auth": ["publickey"],
    "password_auth": False,
    "kbdint_auth": False,
    "host_based_auth": False,
    "gss_host": None,
    "gss_kex": False,
    "gss_auth": False,
    "agent_path": None,
    "x509_trusted_certs": None,
    "disable_trivial_auth": True,
    "encoding": None,
    "keepalive_interval": KEEPALIVE,
    "keepalive_count_max": 3,
}
"""What all our connections have in common: a key is the only way in, and bytes are what travels."""

_VISIT = "atsn_visit"


@dataclass(frozen=True)
class Endpoint:
    """A peer that we connect to."""

    name: str
    address: str
    """HOST:PORT of a node's own server, or ssh://… of an sshd that starts `atsn channel`."""
    host_key: str | None
    """The pinned host key; without one no connection is made."""

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


@dataclass(frozen=True)
class Caller:
    """This node, as it presents itself."""

    key: asyncssh.SSHKey
    name: str
    """Only for the command line that a message suggests."""


def options(key: asyncssh.SSHKey | None) -> asyncssh.SSHClientConnectionOptions:
    """The options of all our connections: no files, agents or environment of the user take part."""
    _ensure_user_name()
    return asyncssh.SSHClientConnectionOptions(
        config=None,
        client_version=f"ATSN_{VERSION}",
        username=USER,
        client_keys=[key] if key else None,
        known_hosts=([], [], []),
        server_host_key_algs=[KEY_TYPE],
        **KEYS_ONLY,
        **ALGORITHMS,
    )


async def dial(
    endpoint: Endpoint,
    caller: Caller,
    prepared: asyncssh.SSHClientConnectionOptions,
    timeout: float,
    trace: Trace | None = None,
) -> asyncssh.SSHClientConnection:
    """A connection to the peer, logged in, within `timeout` seconds. A `trace` is told how far it came.

    Unreachable: no SSH server answers there. Refused: it is not the one we expect, or does not let us in.
    """
    address = parse_address(endpoint.address)
    visit = Visit(endpoint.host_key, trace or Trace(), USER, address.host, address.port)
    try:
        async with asyncio.timeout(timeout):
            if trace is not None:
                trace.plan = list(PLAIN)
                await look_up_name(address.host, address.port, trace)
            connection = await asyncssh.connect(
                address.host, address.port, config=None, options=prepared, client_factory=lambda: visit
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise Refused(_wrong_host_key(endpoint, visit.shown)) from error
    except asyncssh.PermissionDenied as error:
        raise Refused(_not_let_in(endpoint, caller)) from error
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise unreachable(str(endpoint), error, timeout) from error
    visit.belong_to(connection)
    return connection


async def look_up_name(host: str, port: int, trace: Trace) -> None:
    """Tell the trace where the name leads to. OSError: nowhere."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    trace.done("name", ", ".join(dict.fromkeys(str(each[4][0]) for each in found)))


def unreachable(who: str, error: Exception, timeout: float = 0) -> AtsnError:
    """The error to raise from what asyncssh or the system raised while connecting to `who`."""
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return Refused(f"{who} has no {KEY_TYPE} host key or no algorithm in common with us: {reason(error)}")
    return Unreachable(f"{who} cannot be reached: {explain(error, timeout)}")


def lost_because(connection: asyncssh.SSHClientConnection) -> str:
    """`: REASON` why the connection ended, if the other side gave one."""
    visit = connection.get_extra_info(_VISIT)
    lost = visit.lost if isinstance(visit, Visit) else None
    return f": {reason(lost)}" if isinstance(lost, asyncssh.DisconnectError) else ""


class Visit(asyncssh.SSHClient):
    """One connection. The host key is compared with the pin; a mismatch is an error, never a question."""

    def __init__(self, pinned: str | None, trace: Trace, user: str, host: str, port: int) -> None:
        self._pinned = pinned
        self._trace = trace
        self._user = user
        self._place = host, port
        self.shown: str | None = None
        self.lost: Exception | None = None

    def belong_to(self, connection: asyncssh.SSHClientConnection) -> None:
        """Be found by who asks later why the connection ended."""
        connection.set_extra_info(**{_VISIT: self})

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Something answers there."""
        host, port = self._place
        self._trace.done("connection", f"{(conn.get_extra_info('peername') or (host,))[0]} port {port}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.lost = exc

    def auth_completed(self) -> None:
        """Some key was let in."""
        self._trace.done("login", f"as {self._user}")

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether the server shows the pinned key."""
        self.shown = public_line(key)
        right = self._pinned is not None and self.shown == keys.check_public_key(self._pinned)
        if right:
            self._trace.done("host key", keys.fingerprint(self.shown))
        return right


def _wrong_host_key(endpoint: Endpoint, shown: str | None) -> str:
    if shown is None:
        return f"{endpoint} shows no {KEY_TYPE} host key, which is what nodes use: is it an ATSN node?"
    accept = f'atsn peer set {shlex.quote(endpoint.name)} --host-key "{shown}"'
    if endpoint.host_key is None:
        return (
            f"no host key is pinned for {endpoint}, which shows {keys.fingerprint(shown)}: compare that with "
            f"what `atsn identity` shows there, and accept it with: {accept}"
        )
    return (
        f"{endpoint} shows the host key {keys.fingerprint(shown)}, but pinned is "
        f"{keys.fingerprint(endpoint.host_key)}: somebody may be in between. If that machine "
        f"was set up anew, accept its key with: {accept}"
    )


def _not_let_in(endpoint: Endpoint, caller: Caller) -> str:
    return (
        f"{endpoint} does not let this node in: it does not know our key, or not from this address. "
        "If it knows this node by an older key, give it the new one with peer set --key there; else "
        f'run there: atsn peer add {shlex.quote(caller.name)} --key "{public_line(caller.key)}"'
    )


def explain(error: Exception, timeout: float) -> str:
    """What kept a connection from being made, as the end of a sentence."""
    if isinstance(error, TimeoutError) and timeout:
        return f"no answer within {timeout:g} seconds"
    # Where a name has several addresses, asyncio gives all their errors as one text.
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return "nothing listens on that port: is the service running there (atsn serve)?"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be found ({error.strerror}): check the address"
    if isinstance(error, (ConnectionResetError, BrokenPipeError, asyncssh.ConnectionLost)):
        return "it closed the connection before the login was done"
    if isinstance(error, asyncssh.ProtocolError):
        return f"it does not speak SSH ({reason(error)}): check the port"
    return reason(error)


def reason(error: Exception) -> str:
    """What an error says of itself, cleaned."""
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror)
    return clean(str(error)) or type(error).__name__


def _ensure_user_name() -> None:
    """asyncssh asks for the local user's name, though we never send it; an account may have none."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = USER
