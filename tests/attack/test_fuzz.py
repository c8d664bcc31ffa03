"""Whatever bytes arrive, in whatever pieces: only the documented errors come of it.

A million of them: tests/benchmarks/fuzz_frames.py.
"""

import random
import struct
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.replication import messages
from atsn_tui.transport.frames import MAX_MESSAGE, encode
from tests.attack.mutations import chunks, mutated, recorded, swallow
from tests.replication.world import GROUP

SEVERAL = 60_000_000
"""Values of one byte each, which a message has room for."""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    import asyncio

    return asyncio.run(recorded(tmp_path_factory.mktemp("world")))


def test_every_kind_of_message_is_among_those_that_are_changed(known: list[bytes]) -> None:
    kinds = {name for frame in known for name in swallow(iter([encode(frame)]))}
    everything = messages.Request | messages.Reply
    assert {kind.__name__ for kind in everything.__args__} <= kinds
    assert kinds >= {"Hello", "Look", "Offer", "Join", "Joined"}


@settings(max_examples=300, deadline=2000)
@given(seed=st.integers(0, 2**64))
def test_changed_messages_are_understood_or_refused(known: list[bytes], seed: int) -> None:
    rng = random.Random(seed)
    swallow(chunks(rng, mutated(rng, known)))


@settings(max_examples=100, deadline=2000)
@given(stream=st.binary(max_size=300), seed=st.integers(0, 2**32))
def test_noise_is_refused(stream: bytes, seed: int) -> None:
    swallow(chunks(random.Random(seed), stream))


def many(what: bytes, number: int = SEVERAL) -> bytes:
    return b"\xdd" + struct.pack(">I", number) + what * number


def texts(*words: object) -> bytes:
    return b"".join(map(msgspec.msgpack.encode, words))


PLAN = texts(GROUP, "easy", b"", None, b"")
BOMBS = {
    "ids": b"\x93" + texts("AskBodies", GROUP) + many(b"\xa0"),
    "buckets": b"\x95" + texts("AskRows", GROUP, b"") + many(b"\x01") + texts(b""),
    "marks": b"\x95"
    + texts("AskRows", GROUP, b"", ())
    + b"\xc6"
    + struct.pack(">I", SEVERAL)
    + bytes(SEVERAL),
    "changes": b"\x92" + texts("Propose") + b"\x97\x96" + PLAN + many(b"\xc0"),
    "bodies": b"\x92" + texts("Propose") + b"\x97\x97" + PLAN + texts((), ()) + many(b"\xc4\0", SEVERAL // 2),
    "groups": b"\x92" + texts("Groups") + many(b"\x92\xa0\xa0", SEVERAL // 3),
    "no message": many(b"\xa0"),
    "depth": b"\x91" * SEVERAL,
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_message_that_unpacks_well_is_no_larger_here_than_it_says(what: str) -> None:
    """A few kilobytes on the wire. Read as they stand they would be a gigabyte, and hold everybody up for seconds."""
    bomb = BOMBS[what]
    assert len(bomb) <= MAX_MESSAGE
    assert len(encode(bomb)) < 70_000
    tracemalloc.start()
    try:
        for decode in (messages.decode_request, messages.decode_reply, messages.decode_hello):
            with pytest.raises(BadInput) as caught:
                decode(bomb)
            assert len(caught.value.message) < 1000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_hello_is_small() -> None:
    hello = (
        b"\x85"
        + texts("atsn", 1, "error")
        + b"\xdf"
        + struct.pack(">I", 20_000_000)
        + b"\xa0\xa0" * 20_000_000
    )
    with pytest.raises(BadInput, match="a Hello of 40000018 bytes"):
        messages.decode_hello(hello)


def test_what_came_is_quoted_in_short_and_without_control_characters() -> None:
    with pytest.raises(BadInput) as caught:
        messages.decode_request(texts(["\x1b[2J" + "x" * 1_000_000]))
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 1000
    assert len(messages.failure(BadInput("x" * 1_000_000)).text) == messages.MAX_ERROR


def test_a_long_id_is_quoted_in_short(tmp_path: Path) -> None:
    from atsn_tui.replication.plausible import check_uuid

    with pytest.raises(BadInput) as caught:
        check_uuid("a group", "x" * MAX_MESSAGE)
    assert len(caught.value.message) < 300
