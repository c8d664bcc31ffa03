"""One login at an sshd: the pin, and which keys are offered in which order."""

from pathlib import Path
from typing import Any

import asyncssh

from atsn_tui.transport.dial import Endpoint, Visit
from atsn_tui.transport.ssh import public_line
from atsn_tui.transport.ssh_config import HostConfig
from atsn_tui.transport.trace import Trace

_DEFAULTS = ("id_ed25519", "id_ecdsa", "id_rsa")


class Login(Visit):
    """Offers this node's key first, then those that the user's configuration names, then the agent's."""

    def __init__(
        self, config: HostConfig, key: asyncssh.SSHKey, endpoint: Endpoint | None, trace: Trace
    ) -> None:
        """Without an endpoint it is a host on the way, which the user's known_hosts decides about."""
        super().__init__(
            None if endpoint is None else endpoint.host_key, trace, config.user, config.host, config.port
        )
        self._config = config
        self._key = key
        self._on_the_way = endpoint is None
        self._offered = False
        self._agent: asyncssh.SSHAgentClient | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether it shows the pinned key. On the way this is asked for unknown keys only, which are refused."""
        if self._on_the_way:
            self.shown = public_line(key)
            return False
        return super().validate_host_public_key(host, addr, port, key)

    def auth_completed(self) -> None:
        """Some key was let in."""
        super().auth_completed()
        self._leave_agent()

    async def public_key_auth_requested(self) -> Any:
        """The other keys, once this node's own did not help."""
        if self._offered:
            return None
        self._offered = True
        return [*self._files(), *await self._from_agent()] or None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        super().connection_lost(exc)
        self._leave_agent()

    def _files(self) -> list[asyncssh.SSHKeyPair]:
        paths = list(self._config.identities)
        if not paths and self._on_the_way:
            # What ssh itself would offer. To a peer, this node is who it is by its own key.
            own = [Path("~/.ssh", name).expanduser() for name in _DEFAULTS]
            paths = [str(each) for each in own if each.exists()]
        found: list[asyncssh.SSHKeyPair] = []
        for path in paths:
            try:
                found += asyncssh.load_keypairs([path], None, list(self._config.certificates), True, True)
            except (OSError, asyncssh.KeyImportError):
                continue
        return found

    async def _from_agent(self) -> list[asyncssh.SSHKeyPair]:
        if self._config.agent is None:
            return []
        try:
            self._agent = await asyncssh.connect_agent(self._config.agent)
            offered = list(await self._agent.get_keys())
        except (OSError, ValueError, asyncssh.Error):
            return []
        if not self._config.only_these:
            return offered
        wanted = {data for path in self._config.identities if (data := _public_data(path)) is not None}
        return [pair for pair in offered if pair.public_data in wanted]

    def _leave_agent(self) -> None:
        if self._agent is not None:
            self._agent.close()
            self._agent = None


def _public_data(path: str) -> bytes | None:
    for each in (f"{path}.pub", path):
        try:
            return asyncssh.read_public_key(each).public_data
        except (OSError, asyncssh.KeyImportError):
            continue
    return None
