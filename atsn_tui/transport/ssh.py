"""What both ends of an SSH connection share: algorithms, names, and the session that feeds a channel."""

import logging
from typing import Any

import asyncssh
from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs

from atsn_tui.model.text import printable
from atsn_tui.transport.framed import FramedChannel

SUBSYSTEM = "atsn"
"""The one thing that our server offers."""
USER = "atsn"
"""The user name that our client gives. Our server takes any but `join`: the key alone counts."""
JOIN_SUBSYSTEM = "atsn-join"
"""What is offered to a key that nobody knows yet, while an invite is open; nothing else is."""
JOIN_USER = "join"
"""The user name that asks for it."""
JOIN_MESSAGE = 64 * 1024
"""The largest message of that exchange, in bytes."""
KEY_TYPE = "ssh-ed25519"

_KEX = ("mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org")
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
)


def _available(wanted: tuple[str, ...], known: list[bytes]) -> list[str]:
    return [name for name in wanted if name.encode() in known]


ALGORITHMS: dict[str, Any] = {
    "kex_algs": _available(_KEX, get_kex_algs()),
    "encryption_algs": _available(_CIPHERS, get_encryption_algs()),
    "mac_algs": ["hmac-sha2-256-etm@openssh.com"],
    "compression_algs": ["none"],
    "signature_algs": [KEY_TYPE],
}
"""Few and fast ones; OpenSSH knows them all. We compress messages ourselves, which is faster."""

if logging.getLogger("asyncssh").level == logging.NOTSET:
    # It logs a dozen lines for each connection at INFO, which any stranger could fill a disk with.
    logging.getLogger("asyncssh").setLevel(logging.WARNING)


def public_line(key: asyncssh.SSHKey) -> str:
    """A key as `ssh-ed25519 AAAA…`, without its comment."""
    return " ".join(key.export_public_key().decode("ascii").split()[:2])


def clean(text: str) -> str:
    """Text from the other side, short and printable."""
    return printable(text, 200)


class SshWire:
    """An SSH channel as a wire."""

    def __init__(
        self, channel: "asyncssh.SSHClientChannel[bytes] | asyncssh.SSHServerChannel[bytes]"
    ) -> None:
        self._channel = channel
        self._closing = False
        self.gone = False
        """Whether the channel has ended: asyncssh then takes no orders about it any more."""

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        self._channel.write(data)

    def hold(self) -> None:
        """Stop handing bytes over; the other side stops when the SSH window is full."""
        self._channel.pause_reading()

    def flow(self) -> None:
        """Hand bytes over again."""
        self._channel.resume_reading()

    def close(self) -> None:
        """End once what was written is sent."""
        # asyncssh cannot abort a channel any more that it was told to close, so that is told it when all is sent.
        self._closing = True
        if self.gone:
            return
        self._channel.set_write_buffer_limits(high=0)
        self.emptied()

    def emptied(self) -> None:
        """Everything was sent, perhaps."""
        if self._closing and not self._channel.get_write_buffer_size():
            self._channel.close()

    @property
    def unsent(self) -> int:
        """Bytes that were written and have not left yet."""
        return int(self._channel.get_write_buffer_size())

    def abort(self) -> None:
        """End now."""
        self._channel.abort()

    @property
    def ending(self) -> bool:
        """Whether either side has begun to close."""
        return self._closing or bool(self._channel.is_closing())

    async def wait_closed(self) -> None:
        """Return when both sides have closed."""
        await self._channel.wait_closed()


class Feeding:
    """The callbacks of an SSH session, turned into calls of a FramedChannel."""

    def __init__(self, channel: FramedChannel) -> None:
        self.channel = channel
        self._wire: SshWire | None = None

    def connection_made(self, chan: Any) -> None:
        """The SSH channel is open."""
        self._wire = SshWire(chan)
        self.channel.attach(self._wire)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Bytes arrived; those on standard error are no part of the protocol."""
        if datatype is None:
            self.channel.data(data)

    def eof_received(self) -> bool:
        """The other side sends no more. Ours stays open, so that an answer can still travel."""
        self.channel.end("closed the channel")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The SSH channel is gone."""
        if self._wire is not None:
            self._wire.gone = True
        self.channel.lose("closed the channel" if exc is None else f"is gone: {clean(str(exc))}")

    def pause_writing(self) -> None:
        """Too much is waiting to be sent."""
        self.channel.pause()

    def resume_writing(self) -> None:
        """There is room again."""
        self.channel.resume()
        if self._wire is not None:
            self._wire.emptied()
