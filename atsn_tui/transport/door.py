"""The one thing that our server offers to keys that nobody knows yet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from atsn_tui.transport.channel import Channel


@dataclass(frozen=True)
class Door:
    """Who may use an invite, and what answers them. Without a door the user name `join` is like any other."""

    admits: Callable[[str, str], Awaitable[bool]]
    """Whether that key line may log in from that IP address to use an invite. Asked before the key is proven,
    and more than once, so it must not record anything."""
    serve: Callable[[Channel], Awaitable[None]]
    """Called with the one channel of such a connection; the connection ends when this returns."""
