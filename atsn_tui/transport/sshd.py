"""Connecting to a peer behind an sshd that is already there, as the user's own ssh configuration says."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncssh

from atsn_tui.errors import BadInput, Unreachable
from atsn_tui.home.ssh_address import SshAddress, parse_ssh_address
from atsn_tui.transport import ssh_trouble as trouble
from atsn_tui.transport.dial import KEYS_ONLY, Caller, Endpoint, look_up_name
from atsn_tui.transport.reaping import quieten
from atsn_tui.transport.ssh import KEY_TYPE
from atsn_tui.transport.ssh_config import HostConfig, look_up
from atsn_tui.transport.ssh_login import Login
from atsn_tui.transport.trace import STEPS, Trace

MAX_JUMPS = 8

_Connection = asyncssh.SSHClientConnection


@dataclass(frozen=True)
class _Hop:
    """Where one connection leads to: the peer's own sshd, or one on the way there."""

    config: HostConfig
    endpoint: Endpoint | None
    """The peer; None on the way."""
    said: str
    """What it is called in messages."""


async def dial_sshd(endpoint: Endpoint, caller: Caller, timeout: float, trace: Trace) -> _Connection:
    """A connection to the peer's sshd, logged in, within `timeout` seconds.

    BadInput: the configuration makes no sense. Unreachable: no SSH server answers there. Refused: it, or one
    on the way, is not the one we expect, or does not let us in.
    """
    try:
        async with asyncio.timeout(timeout):
            address = parse_ssh_address(endpoint.address)
            config = await look_up(address.host, address.user, address.port)
            trace.plan = [step for step in STEPS if step != ("proxy" if config.direct else "name")]
            hop = _Hop(config, endpoint, str(endpoint))
            return await _connect(hop, caller, trace, MAX_JUMPS)
    except TimeoutError as error:
        raise Unreachable(f"{endpoint} cannot be reached: no answer within {timeout:g} seconds") from error


async def _connect(hop: _Hop, caller: Caller, trace: Trace, left: int) -> _Connection:
    tunnel = await _way(hop, caller, trace, left)
    try:
        connection = await _log_in(hop, caller, trace, tunnel)
    except BaseException:
        if tunnel is not None:
            tunnel.abort()
        raise
    if tunnel is not None:
        connection.set_tunnel(tunnel)
    return connection


async def _way(hop: _Hop, caller: Caller, trace: Trace, left: int) -> _Connection | None:
    """The connection through which this one goes, and what is known before it is made."""
    config = hop.config
    if config.jumps is not None:
        tunnel = await _jump(hop, config.jumps, caller, left)
        trace.done("proxy", f"through {config.jumps}")
        return tunnel
    if config.command is not None:
        quieten()
        trace.done("proxy", f"through: {config.command}")
        return None
    try:
        await look_up_name(config.host, config.port, trace)
    except OSError as error:
        raise trouble.not_connected(hop.said, error) from error
    return None


async def _jump(hop: _Hop, jumps: str, caller: Caller, left: int) -> _Connection:
    """A connection to the last of the hosts that lie on the way, each through the one before."""
    tunnel: _Connection | None = None
    try:
        for number, word in enumerate(jumps.split(",")):
            if left <= number:
                raise BadInput(f"the way to {hop.said} goes in circles: look at ProxyJump in ~/.ssh/config")
            address = _jump_address(word)
            config = await look_up(address.host, address.user, address.port)
            said = f"{address.host}, on the way to {hop.said},"
            next_ = _Hop(config, None, said)
            if tunnel is None and not _is_same(config, hop.config):
                tunnel = await _connect(next_, caller, Trace(), left - 1)
            else:
                following = await _log_in(next_, caller, Trace(), tunnel)
                if tunnel is not None:
                    following.set_tunnel(tunnel)
                tunnel = following
    except BaseException:
        if tunnel is not None:
            tunnel.abort()
        raise
    assert tunnel is not None
    return tunnel


def _jump_address(word: str) -> SshAddress:
    try:
        return parse_ssh_address(word)
    except BadInput as error:
        raise BadInput(f"ProxyJump in ~/.ssh/config: {error}") from error


def _is_same(one: HostConfig, other: HostConfig) -> bool:
    """Whether a host is to be reached through itself, as `Host *` with a ProxyJump says of the jump host."""
    return (one.host, one.port, one.jumps) == (other.host, other.port, other.jumps) or one.jumps in (
        one.host,
        f"{one.user}@{one.host}",
    )


async def _log_in(hop: _Hop, caller: Caller, trace: Trace, tunnel: _Connection | None) -> _Connection:
    config = hop.config
    visit = Login(config, caller.key, hop.endpoint, trace)
    given: dict[str, Any] = {"known_hosts": config.known_hosts}
    if hop.endpoint is not None:
        # The pin decides, and nothing else does.
        given = {"known_hosts": ([], [], []), "server_host_key_algs": [KEY_TYPE]}
    try:
        connection = await asyncssh.connect(
            config.alias,
            config.given_port,
            username=config.user,
            tunnel=tunnel,
            proxy_command=() if config.command else None,
            config=config.files,
            client_factory=lambda: visit,
            client_keys=[caller.key],
            client_certs=list(config.certificates),
            ignore_encrypted=True,
            agent_identities=None,
            pkcs11_provider=None,
            agent_forwarding=False,
            command=None,
            request_pty=False,
            env=None,
            send_env=None,
            **KEYS_ONLY,
            **config.algorithms,
            **given,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise trouble.wrong_host_key(hop.endpoint, hop.said, config, visit.shown) from error
    except asyncssh.PermissionDenied as error:
        raise trouble.not_let_in(hop.endpoint, hop.said, config, caller) from error
    except asyncssh.DisconnectError as error:
        if "authentication failures" in error.reason:
            raise trouble.not_let_in(hop.endpoint, hop.said, config, caller) from error
        raise trouble.not_connected(hop.said, error) from error
    except asyncssh.ChannelOpenError as error:
        raise Unreachable(
            f"{hop.said} cannot be reached from {config.jumps}: {trouble.reason(error)}"
        ) from error
    except (asyncssh.KeyImportError, asyncssh.ConfigParseError, ValueError) as error:
        raise BadInput(f"~/.ssh/config cannot be used for {hop.said}: {error}") from error
    except (OSError, asyncssh.Error) as error:
        raise trouble.not_connected(hop.said, error) from error
    visit.belong_to(connection)
    return connection
