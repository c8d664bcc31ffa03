"""`atsn channel` started by an sshd at the other end, and what to say when something else answers."""

import asyncio
import shlex
from collections.abc import Callable

import asyncssh

from atsn_tui.errors import Refused, Unreachable
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.frames import MAX_FRAME
from atsn_tui.transport.ssh import Feeding, clean

LISTEN = 3.0
"""Seconds that what prints something else than the protocol is listened to, to tell what it is."""

_LINGER = 1.0
"""Seconds between the end of output and the exit code, at the most."""
_KEPT = 2000
"""Bytes of foreign output that are kept."""
_NO_LOGIN = "account is currently not available"
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


def far_words(node_name: str) -> str:
    """The command to ask for. Where the account has a forced command, sshd starts that instead."""
    return shlex.join(["atsn", "channel", "--peer", node_name])


class FarCommand(Feeding, asyncssh.SSHClientSession[bytes]):
    """The command's input and output, fed to a channel once it is clear that it speaks the protocol."""

    def __init__(self, channel: FramedChannel, said: str, user: str) -> None:
        super().__init__(channel)
        self._said = said
        self._user = user
        self._spoke = False
        self._noise = b""
        self._errors = b""
        self._status: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def start(
        cls, connection: asyncssh.SSHClientConnection, channel: FramedChannel, said: str, node_name: str
    ) -> None:
        """Ask for the command. asyncssh.Error if the sshd refuses."""
        user = clean(str(connection.get_extra_info("username")))
        await connection.create_session(
            lambda: cls(channel, said, user),
            command=far_words(node_name),
            subsystem=None,
            env=None,
            send_env=None,
            request_pty=False,
            term_type=None,
            x11_forwarding=False,
            encoding=None,
        )

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output arrived."""
        if datatype is not None:
            self._errors = (self._errors + data)[:_KEPT]
        elif self._spoke:
            self.channel.data(data)
        elif self._noise or data[:1] > bytes([MAX_FRAME >> 24]):
            self._hear(data)
        elif data:
            self._spoke = True
            self.channel.data(data)

    def eof_received(self) -> bool:
        """It prints no more. Why, its exit code tells, which comes next."""
        self._wait(_LINGER, self._end_now)
        return True

    def exit_status_received(self, status: int) -> None:
        """It has ended."""
        self._status = status

    def connection_lost(self, exc: Exception | None) -> None:
        """The SSH channel is gone."""
        if self._timer is not None:
            self._timer.cancel()
        if exc is None and not self.channel.closed:
            self._end_now()
        super().connection_lost(exc)

    def _end_now(self) -> None:
        if self._spoke:
            self.channel.end("closed the channel")
        else:
            self.channel.fail(self._something_else() if self._noise else self._silent())

    def _hear(self, data: bytes) -> None:
        """Something else than the protocol. If the protocol follows, or nothing ends it, it is a start-up file's."""
        if not self._noise:
            self._wait(LISTEN, lambda: self.channel.fail(self._noisy()))
        self._noise = (self._noise + data)[:_KEPT]
        if b"\0" in self._noise:
            self.channel.fail(self._noisy())

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _noisy(self) -> Refused:
        return Refused(
            f"{self._said} printed {_quote(self._noise)} before the protocol began: let ~/.bashrc and the like "
            f"of {self._user} there print nothing where no person logs in"
        )

    def _something_else(self) -> Refused:
        if _NO_LOGIN in self._noise.decode(errors="replace"):
            return self._no_login()
        return Refused(
            f"{self._said} ran something else than atsn channel, which printed {_quote(self._noise)}{self._and_end()}: "
            f"look at the lines with this node's key in ~/.ssh/authorized_keys of {self._user} there"
        )

    def _silent(self) -> Refused | Unreachable:
        told = clean(self._errors.decode(errors="replace").strip())
        if _NO_LOGIN in told:
            return self._no_login()
        if self._status in (_NOT_FOUND, _NOT_EXECUTABLE):
            return Refused(
                f"{self._said} lets us in, but {self._user} finds no atsn there that can be started ({told}): install "
                "it there, on the PATH of logins without a terminal, or let a line name it: atsn peer authorize"
            )
        if told.startswith("atsn: "):
            return Refused(f"{self._said} cannot open its node: {told.removeprefix('atsn: ')}")
        if self._status is None:
            return Unreachable(f"{self._said} closed the channel before it answered")
        said = f", and said {told!r}" if told else ""
        return Refused(
            f"{self._said} let us in, but what it started there{self._end()} before it answered{said}: "
            f"look at the lines with this node's key in ~/.ssh/authorized_keys of {self._user} there"
        )

    def _no_login(self) -> Refused:
        return Refused(
            f"{self._said} lets us in, but starts nothing for {self._user}, whose login shell there is "
            f"one that refuses (nologin): give it one that runs commands: usermod --shell /bin/sh {self._user}"
        )

    def _and_end(self) -> str:
        return f" and{self._end()}" if self._end() else ""

    def _end(self) -> str:
        return "" if self._status is None else f" ended with exit code {self._status}"


def _quote(noise: bytes) -> str:
    text = noise.partition(b"\0")[0].decode(errors="replace").strip()
    first = clean(text.splitlines()[0]) if text else ""
    return repr(first[:100] + ("…" if len(text) > len(first[:100]) else ""))
