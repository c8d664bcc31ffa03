"""The words of the protocol: msgpack arrays that begin with a tag."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from atsn_tui.errors import BY_CODE, AtsnError, BadInput, Refused
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import BUCKETS, MARK_BYTES
from atsn_tui.model.plan import MAX_CHANGES
from atsn_tui.model.record import Head, Record, Row
from atsn_tui.model.text import printable
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal, Purpose, Verdict

MAX_ERROR = 2000
"""The most characters of an error that are told to the other side, or taken from it."""

MAX_HELLO = 64 * 1024
"""The largest Hello, in bytes."""

IDS_PER_QUESTION = 5000
"""The most records that are asked for at once."""

MAX_GROUPS = 100_000
"""The most groups that are told of."""

_LONGEST_REASON = 300

Marks = Annotated[bytes, Meta(max_length=MAX_CHANGES * MARK_BYTES)]
"""Marks of rows, one after the other."""


class Hello(Struct, frozen=True, kw_only=True):
    """The first frame in each direction. Its form never changes, so that versions can tell each other apart."""

    atsn: int
    """The protocol's number."""
    version: str
    node_id: str
    name: str
    clock: int
    """Microseconds since the epoch."""
    error: dict[str, str] | None = None
    """`code` and `message` where the answering side refuses to go on."""


class Message(Struct, frozen=True, array_like=True, tag=True):
    """Anything after Hello.

    Lists say how long they can be, which is checked before memory is taken: a message that unpacks well could
    otherwise be a thousand times larger here than on the wire, and take seconds to read.
    """


class AskGroups(Message, frozen=True):
    """Which groups may I see?"""


class Groups(Message, frozen=True):
    """Ids and names of the replicated groups that the asker has a grant for."""

    groups: Annotated[tuple[tuple[str, str], ...], Meta(max_length=MAX_GROUPS)]


class AskHead(Message, frozen=True):
    """How does the group stand? `have` is the asker's digest."""

    group_id: str
    name: str
    purpose: Purpose
    have: bytes | None
    pulse: int | None = None
    """For how many µs the asker's scheduler has taken no turn; None: no service runs there."""
    seen: Head | None = None
    """The answerer's head when something of it was last applied by the asker, who is to pull."""


class HeadIs(Message, frozen=True):
    """The answer to AskHead."""

    info: HeadInfo
    pulse: int | None = None
    """For how many µs the scheduler here has taken no turn; None: no service runs here."""


class AskOutline(Message, frozen=True):
    """The settings' row and all bucket hashes, at that digest."""

    group_id: str
    digest: bytes
    purpose: Purpose


class OutlineIs(Message, frozen=True):
    """The answer to AskOutline."""

    outline: Outline


class AskRows(Message, frozen=True):
    """The rows of some buckets, at that digest, but for those that the asker has too."""

    group_id: str
    digest: bytes
    buckets: Annotated[tuple[int, ...], Meta(max_length=BUCKETS)]
    marks: Marks
    """The marks of the asker's own rows in those buckets, one after the other."""


class Rows(Message, frozen=True):
    """The answer to AskRows."""

    rows: tuple[Row, ...]
    lacking: Marks
    """Those of the asker's marks that no row has here."""


class AskBodies(Message, frozen=True):
    """The records of some ids; the settings go by the group's id."""

    group_id: str
    ids: Annotated[tuple[str, ...], Meta(max_length=IDS_PER_QUESTION)]


class Bodies(Message, frozen=True):
    """Records for the first `asked` ids of the question; ask again for the rest."""

    records: tuple[Record, ...]
    asked: int


class Propose(Message, frozen=True):
    """Judge this plan, and keep it for a Commit on the same channel."""

    proposal: Proposal


class Judged(Message, frozen=True):
    """The answer to Propose."""

    verdict: Verdict


class Commit(Message, frozen=True):
    """Apply the plan proposed last on this channel, which promises that digest."""

    promise: bytes
    allow: Allowance


class Committed(Message, frozen=True):
    """The answer to Commit: the plan is applied."""

    head: Head


class Withdraw(Message, frozen=True):
    """Never apply the plan of that id from now on, whoever tells you to: the answer to its Commit was lost."""

    group_id: str
    proposal: str


class Withdrawn(Message, frozen=True):
    """The answer to Withdraw: how the group stands, which tells whether the plan had been applied before."""

    head: Head | None


class Failed(Message, frozen=True):
    """The answer to anything that could not be done."""

    code: str
    text: str


Request = AskGroups | AskHead | AskOutline | AskRows | AskBodies | Propose | Commit | Withdraw
Reply = Groups | HeadIs | OutlineIs | Rows | Bodies | Judged | Committed | Withdrawn | Failed

_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(Request)
_reply_decoder = msgspec.msgpack.Decoder(Reply)
_hello_decoder = msgspec.msgpack.Decoder(Hello)


def encode(message: Message | Hello) -> bytes:
    """The bytes of one frame."""
    return _encoder.encode(message)


def decode_hello(frame: bytes) -> Hello:
    """The first frame from the other side."""
    if len(frame) > MAX_HELLO:
        raise BadInput(f"a Hello of {len(frame)} bytes: at most {MAX_HELLO} are taken")
    hello: Hello = _decode(_hello_decoder, frame)
    return hello


def decode_request(frame: bytes) -> Request:
    """A frame from an initiator."""
    request: Request = _decode(_request_decoder, frame)
    return request


def decode_reply(frame: bytes) -> Reply:
    """A frame from the answering side."""
    reply: Reply = _decode(_reply_decoder, frame)
    return reply


def _decode(decoder: "msgspec.msgpack.Decoder[Any]", frame: bytes) -> Any:
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = printable(str(error), _LONGEST_REASON)
        raise BadInput(f"a frame that is no message of this protocol: {reason}") from error


def failure(error: AtsnError) -> Failed:
    """An error as the other side shall hear it."""
    return Failed(error.code, error.message[:MAX_ERROR])


def raised(failed: Failed) -> AtsnError:
    """What the other side reported, as our own error. Its text is made short and printable."""
    kind = BY_CODE.get(failed.code, Refused)
    return kind(printable(failed.text, MAX_ERROR))
