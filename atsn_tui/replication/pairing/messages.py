"""The words of the exchange of an invite, after a Hello in each direction."""

from typing import Any

import msgspec

from atsn_tui.errors import BadInput
from atsn_tui.model.peer import Direction, Grant
from atsn_tui.model.text import printable
from atsn_tui.replication.messages import Failed, Message

_LONGEST_REASON = 300


class Look(Message, frozen=True):
    """Who are you, and what does this invite give me? The secret proves that I was invited."""

    invite: str
    secret: bytes


class Offer(Message, frozen=True):
    """The answer to Look. Nothing has changed yet."""

    node_id: str
    name: str
    client_key: str
    """The key that the inviting node logs in with."""
    called: str
    """What the asking node would be called there."""
    grants: tuple[Grant, ...]
    """What the asking node may do there."""
    allow_from: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    """Ids and names of the groups that the invite is about."""
    link: Direction | None
    """How the inviting node is going to link those groups, seen from there."""
    until: int
    """Microseconds since the epoch."""


class Join(Message, frozen=True):
    """Make me known there. This uses the invite up; the same key may repeat it while it is valid."""

    invite: str
    secret: bytes
    host_key: str
    listen: str | None
    """Where the asking node listens; a host that means every interface stands for the address it comes from."""
    grants: tuple[Grant, ...]
    """What the inviting node may do here."""


class Joined(Message, frozen=True):
    """The answer to Join: it is done."""

    called: str
    address: str | None
    """Where the inviting node will connect to; None: it waits for the other to connect."""
    grants: tuple[Grant, ...]
    allow_from: tuple[str, ...]
    notes: tuple[str, ...]
    """What a person should know, one sentence each."""


_question = msgspec.msgpack.Decoder(Look | Join)
_answer = msgspec.msgpack.Decoder(Offer | Joined | Failed)


def decode_question(frame: bytes) -> Look | Join:
    """A frame from the node that joins."""
    question: Look | Join = _decode(_question, frame)
    return question


def decode_answer(frame: bytes) -> Offer | Joined | Failed:
    """A frame from the node that invited."""
    answer: Offer | Joined | Failed = _decode(_answer, frame)
    return answer


def _decode(decoder: "msgspec.msgpack.Decoder[Any]", frame: bytes) -> Any:
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = printable(str(error), _LONGEST_REASON)
        raise BadInput(f"a frame that is no message of this exchange: {reason}") from error
