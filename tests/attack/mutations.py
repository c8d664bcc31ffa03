"""Real messages of the protocol, and what a fuzzer makes of them: changed in their structure, or in their bytes."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from atsn_tui.errors import AtsnError, BadInput, Moved, Refused
from atsn_tui.model.peer import Grant
from atsn_tui.model.plan import Side
from atsn_tui.model.text import new_id
from atsn_tui.replication import messages, plausible
from atsn_tui.replication.pairing import messages as joining
from atsn_tui.replication.replica import Proposal
from atsn_tui.replication.review import check_plan, check_records
from atsn_tui.transport.frames import Decoder, encode
from tests.replication.world import GROUP, World

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
DOCUMENTED = (BadInput, Refused, Moved)
"""All that may come of whatever arrives."""

_NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 255, 2**31, 2**63 - 1, -(2**63), 2**64 - 1, 0.5, float("nan"), float("inf"), "", "x",
    "\0", "\x1b[2J", "../../etc", "a" * 300, "\u202e", "easy", "strict", "pull", "push", "add", "delete", "settings",
    GROUP, GROUP.upper(), b"", b"x" * 16, b"x" * 32, b"\xff" * 33, [], {}, [[]], [None] * 20, {"": ""}, {1: 2},
)  # fmt: skip


async def recorded(path: Path) -> list[bytes]:
    """The messages that two nodes send each other over pushes, pulls and a strict change, and those of an invite."""
    async with World.open(path) as world:
        hq, web1 = await world.host("hq"), await world.host("web1")
        await world.acquaint(hq, web1, "push", "pull")
        await hq.write_all(["a", "b", "c"])
        await hq.link(web1, "push", "strict")
        await hq.cycle()
        await hq.write("a", "df -h")
        await hq.delete("b")
        await hq.set(environment={"A": "1"})
        await web1.write("d")
        await hq.cycle()
        await hq.link(web1, "pull", "easy")
        await web1.write("e")
        await hq.cycle()
        await (await hq.remote(web1)).groups()
        frames = [frame for _, frame in world.line.frames]
    grants = (Grant("pull", GROUP), Grant("push"))
    exchange: list[messages.Message] = [
        joining.Look("0123456789abcdef", b"s" * 16),
        joining.Offer(new_id(), "hq", KEY, "web1", grants, ("10.0.0.0/8",), ((GROUP, "ops"),), "push", 1),
        joining.Join("0123456789abcdef", b"s" * 16, KEY, "0.0.0.0:8022", grants),
        joining.Joined("web1", "192.0.2.7:8022", grants, (), ("a note",)),
        messages.Failed("refused", "no"),
        messages.Withdraw(GROUP, new_id()),
        messages.Withdrawn(None),
    ]
    return list(dict.fromkeys([*frames, *map(messages.encode, exchange)]))


def mutated(rng: random.Random, known: list[bytes]) -> bytes:
    """A stream of bytes that begins like one of ours, or not at all."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.randbytes(rng.randrange(400))
    message = rng.choice(known)
    if kind <= 4:
        message = _restructured(rng, message)
    stream = _framed(rng, message)
    if kind >= 4:
        stream = _damaged(rng, stream)
    if rng.random() < 0.1:
        stream += _framed(rng, rng.choice(known))
    return stream


def chunks(rng: random.Random, stream: bytes) -> Iterator[bytes]:
    """The stream in pieces of random sizes."""
    at = 0
    most = rng.choice((1, 7, 100, 10_000))
    while at < len(stream):
        size = rng.randint(1, most)
        yield stream[at : at + size]
        at += size


def swallow(pieces: Iterator[bytes]) -> list[str]:
    """Take those bytes in as both ends would; what came of it. Anything but the documented errors is raised."""
    decoder, found = Decoder(), []
    for piece in pieces:
        decoder.feed(piece)
        try:
            while (message := decoder.take()) is not None:
                found += _understood(message)
        except Refused:
            return [*found, "Refused"]
    return found


def _understood(message: bytes) -> Iterator[str]:
    for decode in (
        messages.decode_hello, messages.decode_request, messages.decode_reply,
        joining.decode_question, joining.decode_answer,
    ):  # fmt: skip
        try:
            value = decode(message)
            _judge(value)
        except DOCUMENTED as error:
            messages.failure(error)
        else:
            yield type(value).__name__


def _judge(value: Any) -> None:
    """What both ends do first with a message that has the right form."""
    match value:
        case messages.Propose():
            proposal: Proposal = value.proposal
            plausible.check_proposal(proposal)
            check_records(proposal)
            check_plan(proposal.plan, Side(GROUP, None, {}, None))
        case messages.HeadIs():
            plausible.check_info(value.info)
        case messages.OutlineIs():
            plausible.check_outline(GROUP, value.outline)
        case messages.Rows():
            plausible.check_rows(value.rows)
            plausible.marks_in(value.lacking)
        case messages.AskRows():
            plausible.marks_in(value.marks)
            plausible.check_uuid("a group", value.group_id)
        case messages.Committed() | messages.Withdrawn():
            if value.head is not None:
                plausible.check_head(value.head)
        case messages.Failed():
            assert isinstance(messages.raised(value), AtsnError)
        case messages.Hello():
            plausible.check_uuid("a node", value.node_id)
            plausible.check_date("a clock", value.clock)


def _framed(rng: random.Random, message: bytes) -> bytes:
    if rng.random() < 0.3:
        packed = zstandard.ZstdCompressor(level=1, write_content_size=rng.random() < 0.9).compress(message)
        return struct.pack(">IB", len(packed), 1) + packed
    return encode(message)


def _damaged(rng: random.Random, stream: bytes) -> bytes:
    data = bytearray(stream)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                del data[at:]
            case 1:
                data[at : at + 1] = bytes((rng.randrange(256),))
            case 2:
                data[at:at] = rng.randbytes(rng.randint(1, 9))
            case 3:
                del data[at : at + rng.randint(1, 9)]
            case 4 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _restructured(rng: random.Random, message: bytes) -> bytes:
    """The message with some of its values exchanged for others, where it still has the form of one."""
    try:
        tree = msgspec.msgpack.decode(message)
        for _ in range(rng.randint(1, 3)):
            tree = _changed(rng, tree)
        return msgspec.msgpack.encode(tree)
    except (msgspec.MsgspecError, OverflowError, TypeError, RecursionError, UnicodeError):
        return message


def _changed(rng: random.Random, tree: Any) -> Any:
    if isinstance(tree, list) and tree and rng.random() < 0.85:
        made = list(tree)
        at = rng.randrange(len(made))
        match rng.randrange(8):
            case 0:
                del made[at]
            case 1:
                made.insert(at, made[rng.randrange(len(made))])
            case 2:
                made *= rng.randint(0, 5)
            case _:
                made[at] = _changed(rng, made[at])
        return made
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        key = rng.choice(list(tree))
        made = dict(tree)
        made[key] = _changed(rng, made[key])
        if rng.random() < 0.2:
            del made[key]
        return made
    if isinstance(tree, bytes) and len(tree) > 40 and rng.random() < 0.7:
        return _restructured(rng, tree)  # the content of a record
    if isinstance(tree, bytes | str) and tree and rng.random() < 0.5:
        at = rng.randrange(len(tree))
        return tree[:at] + tree[at + 1 :] if rng.random() < 0.5 else tree[:at] + tree[at:] * 2
    if rng.random() < 0.05:
        return _deep(rng)
    return rng.choice(_NASTY)


def _deep(rng: random.Random) -> Any:
    made: Any = rng.choice(_NASTY)
    for _ in range(rng.choice((3, 50, 300))):
        made = [made]
    return made
