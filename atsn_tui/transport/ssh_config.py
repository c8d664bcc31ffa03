"""What the user's own ssh configuration says about a host."""

import asyncio
import os
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.config import ConfigParseError

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home.ownership import person
from atsn_tui.transport.ssh import ALGORITHMS

SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")
KNOWN_HOSTS = (Path("~/.ssh/known_hosts"), Path("/etc/ssh/ssh_known_hosts"))

_ALGORITHMS = {"kex_algs": "KexAlgorithms", "encryption_algs": "Ciphers", "mac_algs": "MACs"}


@dataclass(frozen=True)
class HostConfig:
    """One host, as the files have it."""

    files: tuple[Path, ...]
    alias: str
    """What the host was called."""
    given_port: Any
    """The port that was given with it; else `()`, for the files to say."""
    host: str
    """The name or address to connect to."""
    port: int
    user: str
    jumps: str | None
    """ProxyJump."""
    command: str | None
    """ProxyCommand."""
    identities: tuple[str, ...]
    """The files of IdentityFile that there are."""
    certificates: tuple[str, ...]
    """The files of CertificateFile that there are."""
    only_these: bool
    """IdentitiesOnly."""
    agent: str | None
    """The agent's socket."""
    known_hosts: Any
    """What decides about the keys of hosts on the way, as asyncssh takes it."""
    algorithms: dict[str, Any]
    """Ours, but for those that the files choose."""

    @property
    def direct(self) -> bool:
        """Whether nothing stands between."""
        return self.jumps is None and self.command is None


async def look_up(host: str, user: str | None, port: int | None) -> HostConfig:
    """What the files say of a host. BadInput: they cannot be read. Refused: others could have written them.

    They are read each time: a connection is made seldom, and they may have been changed.
    """
    return await asyncio.to_thread(_look_up, host, user, port)


def _look_up(host: str, user: str | None, port: int | None) -> HostConfig:
    files = tuple(path for path in (Path("~/.ssh/config").expanduser(), SYSTEM_CONFIG) if _usable(path))
    given: dict[str, Any] = {"host": host}
    if user is not None:
        given["username"] = user
    if port is not None:
        given["port"] = port
    try:
        # Neither keys nor certificates are wanted yet: a file that is missing must not end the looking up.
        options = asyncssh.SSHClientConnectionOptions(
            config=files, client_keys=None, client_certs=(), known_hosts=([], [], []), **given
        )
    except (ConfigParseError, ValueError, OSError, asyncssh.Error, asyncssh.KeyImportError) as error:
        names = " and ".join(map(str, files))
        raise BadInput(f"{names} cannot be used for {host}: {error}") from error
    config = options.config
    jumps, command = config.get("ProxyJump"), config.get("ProxyCommand")
    return HostConfig(
        files=files,
        alias=host,
        given_port=() if port is None else port,
        host=str(options.host),
        port=int(options.port),
        user=options.username,
        jumps=str(jumps) if jumps else None,
        command=str(command) if command and not jumps else None,
        identities=_readable(config.get("IdentityFile")),
        certificates=_readable(config.get("CertificateFile")),
        only_these=bool(config.get("IdentitiesOnly")),
        agent=_agent(config.get("IdentityAgent", os.environ.get("SSH_AUTH_SOCK"))),
        known_hosts=_known_hosts(config),
        algorithms=_algorithms(config),
    )


def _usable(path: Path) -> bool:
    """Whether the file is there. Refused if somebody else could have written it: it can start programs."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False
    if found.st_uid not in (0, os.geteuid()):
        raise Refused(
            f"{path} belongs to {person(found.st_uid)}, and you are {person(os.geteuid())}: "
            "what it says could start programs as you; with sudo, add -H"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(f"others may write {path}: close it with: chmod go-w {shlex.quote(str(path))}")
    return os.access(path, os.R_OK)


def _readable(found: Any) -> tuple[str, ...]:
    paths = (Path(each).expanduser() for each in found or ())
    return tuple(str(path) for path in paths if os.access(path, os.R_OK))


def _agent(found: Any) -> str | None:
    if found == "SSH_AUTH_SOCK":
        found = os.environ.get("SSH_AUTH_SOCK")
    return str(Path(str(found)).expanduser()) if found and str(found).lower() != "none" else None


def known_hosts_files() -> list[str]:
    """The usual files that there are."""
    return [str(path.expanduser()) for path in KNOWN_HOSTS if os.access(path.expanduser(), os.R_OK)]


def _known_hosts(config: Any) -> Any:
    if config.get("UserKnownHostsFile") or config.get("GlobalKnownHostsFile"):
        return ()  # The files say it all, and asyncssh reads it there.
    # "UserKnownHostsFile none" means no file here, and not that every key is right.
    return known_hosts_files() or b""


def _algorithms(config: Any) -> dict[str, Any]:
    chosen = {name for name, option in _ALGORITHMS.items() if config.get(option) is not None}
    # In front of what asyncssh offers by itself: that sshd may be choosier than a node's own server.
    ours = {name: "^" + ",".join(ALGORITHMS[name]) for name in _ALGORITHMS if name not in chosen}
    return {**ours, "compression_algs": ["none"]}
