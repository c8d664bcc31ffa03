"""A connection to our server and its channels, as far as counting, limiting and cutting them off are concerned."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from atsn_tui.transport.framed import FramedChannel


class OpenSession(Protocol):
    """One channel of a connection."""

    channel: FramedChannel

    @property
    def unsent(self) -> int:
        """Bytes of answers that have not left yet."""
        ...


class Connection(Protocol):
    """One connection, from its first packet on."""

    address: str
    place: str
    """The address, or the /64 that it is in."""
    key: str | None
    """The key that was offered last; the peer's own once `done`."""
    known: object
    """What was known of the peer with that key when it was asked for last; None until then."""
    done: bool
    """Whether it has logged in."""
    joining: bool
    """Whether it logs in to use an invite, and gets nothing else."""
    unwanted: bool
    """Whether it was told to end."""
    gone: asyncio.Future[None]
    """Done when it has ended."""

    @property
    def sessions(self) -> Collection[OpenSession]:
        """Its open channels."""
        ...

    def abort(self) -> None:
        """End it now."""
        ...
