"""What to say when an sshd, or one on the way to it, does not let us through."""

import shlex
import socket

import asyncssh

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.transport import dial
from atsn_tui.transport.dial import Caller, Endpoint, reason
from atsn_tui.transport.ssh import KEY_TYPE, public_line
from atsn_tui.transport.ssh_config import HostConfig, known_hosts_files

__all__ = ["not_connected", "not_let_in", "reason", "wrong_host_key"]

_THERE = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"


def wrong_host_key(endpoint: Endpoint | None, said: str, config: HostConfig, shown: str | None) -> Refused:
    """It is not, or not provably, the machine that we mean."""
    if endpoint is None:
        key = f"the host key {_fingerprint(shown)}" if shown else "a host key"
        return Refused(
            f"{said} shows {key} that your known_hosts does not have: compare it, and accept it by "
            f"logging in once by hand: ssh {shlex.quote(config.alias)}"
        )
    if shown is None:
        return Refused(
            f"{said} shows no {KEY_TYPE} host key, which pins are: make one there with: ssh-keygen -A"
        )
    accept = f'atsn peer set {shlex.quote(endpoint.name)} --host-key "{shown}"'
    if endpoint.host_key is None:
        return Refused(
            f"no host key is pinned for {said}, whose sshd shows {_fingerprint(shown)}{_known(config, shown)}: "
            f"compare that with what `{_THERE}` tells there, and accept it with: {accept}"
        )
    return Refused(
        f"the sshd of {said} shows the host key {_fingerprint(shown)}{_known(config, shown)}, but pinned is "
        f"{_fingerprint(endpoint.host_key)}: somebody may be in between. If that machine was set up anew, "
        f"compare it with what `{_THERE}` tells there, and accept it with: {accept}"
    )


def not_let_in(endpoint: Endpoint | None, said: str, config: HostConfig, caller: Caller) -> Refused:
    """No key that we have is let in."""
    if endpoint is None:
        return Refused(
            f"{said} does not let us in as {config.user}: name a key for it in ~/.ssh/config, "
            f"one without a passphrase or one in the agent, and try: ssh {shlex.quote(config.alias)} true"
        )
    own = keys.fingerprint(public_line(caller.key))
    return Refused(
        f"{said} does not let this node in as {config.user}: that account does not know our key ({own}), or not "
        "from this address. Once this node is known there as a peer, run there: "
        f"atsn peer authorize {shlex.quote(caller.name)}"
    )


def not_connected(said: str, error: Exception) -> AtsnError:
    """There is no SSH connection at all."""
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return Refused(
            f"{said} has no {KEY_TYPE} host key or no algorithm in common with us: {reason(error)}"
        )
    text = dial.explain(error, 0)
    if isinstance(error, ConnectionRefusedError) or "listens on that port" in text:
        text = "nothing listens on that port: is sshd running there, and is it the right port?"
    elif isinstance(error, FileNotFoundError):
        text = f"the ProxyCommand cannot be started: {reason(error)}"
    elif isinstance(error, socket.gaierror):
        text = f"its name cannot be found ({error.strerror}): check the address and ~/.ssh/config"
    return Unreachable(f"{said} cannot be reached: {text}")


def _fingerprint(key: str | None) -> str:
    return "?" if key is None else _any_fingerprint(key)


def _any_fingerprint(key: str) -> str:
    """Of a key of any type."""
    return asyncssh.import_public_key(key).get_fingerprint()


def _known(config: HostConfig, shown: str) -> str:
    """What the user's known_hosts says about that key."""
    try:
        trusted, *_ = asyncssh.match_known_hosts(
            known_hosts_files() or b"", config.host, config.host, config.port
        )
    except (OSError, ValueError, asyncssh.Error):
        return ""
    lines = {public_line(key) for key in trusted if key.algorithm == KEY_TYPE.encode()}
    if shown in lines:
        return ", as your known_hosts has it"
    return " (your known_hosts has another one)" if lines else ""
