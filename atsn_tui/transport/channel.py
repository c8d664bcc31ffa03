"""What a channel is, whatever carries it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Identity:
    """Who is at the other end, as proven when the connection was made."""

    public_key: str
    """`ssh-ed25519 AAAA…`: the client key of who connected to us, the host key of whom we connected to."""
    address: str
    """The IP address."""


class Channel(Protocol):
    """Whole messages in order, in both directions.

    `send` and `receive` may be cancelled or timed out at any time: a cancelled `send` has sent nothing, a
    cancelled `receive` has lost nothing.
    """

    @property
    def identity(self) -> Identity:
        """Who is at the other end."""

    @property
    def closed(self) -> bool:
        """Whether the channel was closed here, or is known to have ended."""

    async def send(self, payload: bytes) -> None:
        """Hand one message over, once there is room for it; it is then on its way, not yet received.

        BadInput if it is too large: nothing was sent. Unreachable if the channel has ended.
        """

    async def receive(self) -> bytes:
        """The next message. What arrived before the end is still given out.

        Unreachable once the channel has ended. Refused if the other side breaks the rules: the channel is
        closed, and nothing behind that point is read.
        """

    async def close(self) -> None:
        """Let what was sent still travel, for a few seconds, and end. Closing twice is harmless."""
