"""Mail on its way: a finished message, and its place in the queue."""

from typing import Literal

from msgspec import Struct

NODE = "node"
"""The route of this node's own mail; any other is a group's id."""


class Message(Struct, frozen=True, kw_only=True):
    """One email, ready to be sent."""

    message_id: str
    """As its header says it, with the angle brackets. It stays the same however often sending is tried."""
    sender: str
    """The address that it comes from, and that a bounce goes to."""
    recipients: tuple[str, ...]
    """The addresses that it is delivered to; the header may name more, who have it already."""
    subject: str
    content: bytes
    """Headers and body: 7-bit, lines end in CRLF, nothing in it needs an extension of the server."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """A message in the queue. Dates are microseconds since the epoch."""

    id: str
    route: str
    """By which settings it is sent, looked up anew at every try: a group's id, or `NODE`."""
    message: Message
    created_at: int
    next_at: int
    """When it is tried next; while it is being sent, when another process may take it over."""
    state: Literal["waiting", "sent", "failed"] = "waiting"
    attempts: int = 0
    """How often sending was tried."""
    error: str | None = None
    """What the last try met; None once it was sent."""
    refused: tuple[str, ...] = ()
    """The recipients who will never get it, each with the reason."""
    ended_at: int | None = None
    """When it was sent or given up."""
    about: str = ""
    """The run or the cycle that it tells of, by its id."""
