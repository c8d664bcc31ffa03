"""Frames come out as they went in, however they are cut up, and nothing else comes out."""

import os
import struct
import tracemalloc
from collections.abc import Iterable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput, Refused
from atsn_tui.transport import frames
from atsn_tui.transport.frames import MAX_FRAME, MAX_MESSAGE, Decoder, encode

MESSAGES = st.lists(st.one_of(st.binary(max_size=50), st.binary(max_size=20).map(lambda part: part * 200)))
CUTS = st.lists(st.integers(1, 40), min_size=1)


def cut(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The data in pieces of these sizes, over and over."""
    pieces, rest = [], data
    while rest:
        for size in sizes:
            pieces.append(rest[:size])
            rest = rest[size:]
    return pieces


def read(pieces: Iterable[bytes]) -> tuple[list[bytes], bool]:
    """All messages, and whether an error ended them."""
    decoder, messages = Decoder(), []
    for piece in pieces:
        decoder.feed(piece)
        try:
            while (message := decoder.take()) is not None:
                messages.append(message)
        except Refused:
            assert decoder.ready
            return messages, True
    assert not decoder.ready
    return messages, False


def refusal(data: bytes) -> str:
    decoder = Decoder()
    decoder.feed(data)
    assert decoder.ready
    with pytest.raises(Refused) as caught:
        decoder.take()
    return caught.value.message


@given(MESSAGES, CUTS)
def test_messages_arrive_whole_and_in_order_however_they_are_cut(
    messages: list[bytes], sizes: list[int]
) -> None:
    assert read(cut(b"".join(map(encode, messages)), sizes)) == (messages, False)


@given(MESSAGES, st.binary(max_size=300), CUTS)
def test_random_bytes_give_the_same_however_they_are_cut(
    messages: list[bytes], noise: bytes, sizes: list[int]
) -> None:
    data = b"".join(map(encode, messages)) + noise
    assert read(cut(data, sizes)) == read([data])
    assert read([data])[0][: len(messages)] == messages


@given(st.binary(max_size=40), st.sampled_from([0, 1, 2, 255]), CUTS)
def test_a_well_formed_header_with_any_body_gives_messages_or_a_refusal(
    body: bytes, flag: int, sizes: list[int]
) -> None:
    data = struct.pack(">IB", len(body), flag) + body
    messages, failed = read(cut(data, sizes))
    assert failed == (flag > 1 or not messages)


@pytest.mark.parametrize("size", [0, 1, frames.COMPRESS_FROM - 1, frames.COMPRESS_FROM, 100_000])
@pytest.mark.parametrize("random", [True, False])
def test_every_size_comes_back(size: int, random: bool) -> None:
    message = os.urandom(size) if random else bytes(size)
    assert read([encode(message)]) == ([message], False)


def test_large_messages_are_compressed_and_others_cost_five_bytes() -> None:
    assert len(encode(bytes(1_000_000))) < 1000
    assert len(encode(bytes(1000))) == 1005
    assert len(encode(os.urandom(100_000))) == 100_005


def test_what_is_too_large_is_not_sent() -> None:
    with pytest.raises(BadInput, match=f"{MAX_MESSAGE + 1} bytes is too large"):
        encode(bytes(MAX_MESSAGE + 1))
    with pytest.raises(BadInput, match=f"on the wire: at most {MAX_FRAME}"):
        encode(os.urandom(MAX_FRAME + 1))


@pytest.mark.parametrize(
    "noise",
    [
        b"Welcome to web1!\r\n",
        b"\n\n",
        b"\x1b[2J",
        b"HTTP/1.1 400 Bad Request",
        b"bash: no such file",
        b"\xef\xbb\xbf",
        b" ",
    ],
)
def test_printed_text_is_recognized_and_shown(noise: bytes) -> None:
    message = refusal(noise + b"x" * 200)
    assert message.startswith("this is no ATSN message: it begins with ")
    assert noise[:10].decode("latin-1").encode("unicode_escape").decode() in message
    assert message.isprintable()
    assert len(message) < 300


def test_an_unknown_flag_is_refused() -> None:
    assert "no ATSN message" in refusal(b"\0\0\0\x04\x07")


def test_an_oversized_frame_is_refused_by_its_header() -> None:
    assert f"{MAX_FRAME + 1} bytes was announced" in refusal(struct.pack(">IB", MAX_FRAME + 1, 0))


def test_a_frame_of_the_largest_size_is_taken() -> None:
    message = os.urandom(MAX_FRAME)
    assert read([encode(message)]) == ([message], False)


def packed(body: bytes) -> bytes:
    return struct.pack(">IB", len(body), 1) + body


def test_a_bomb_is_refused_before_memory_is_taken() -> None:
    header = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 40)
    tracemalloc.start()
    try:
        assert f"unpacks to {1 << 40} bytes" in refusal(packed(header + b"\x01\0\0"))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_message_just_over_the_limit_is_refused() -> None:
    body = zstandard.ZstdCompressor().compress(bytes(MAX_MESSAGE + 1))
    assert f"at most {MAX_MESSAGE} are taken" in refusal(packed(body))


def test_a_compressed_message_must_say_its_size() -> None:
    body = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(5000))
    assert "does not say its size" in refusal(packed(body))


def test_a_compressed_message_may_not_lie_about_its_size() -> None:
    body = zstandard.ZstdCompressor().compress(bytes(5000))
    assert "damaged" in refusal(
        packed(body.replace(struct.pack("<H", 5000 - 256), struct.pack("<H", 4000), 1))
    )


@pytest.mark.parametrize(
    "spoil", [lambda body: body[:-3], lambda body: body + b"x", lambda body: b"x" + body, lambda _: b""]
)
def test_a_damaged_compressed_message_is_refused(spoil: "object") -> None:
    body = zstandard.ZstdCompressor().compress(os.urandom(100) * 20)
    assert "damaged" in refusal(packed(spoil(body)))  # type: ignore[operator]


def test_nothing_behind_an_error_is_read() -> None:
    decoder = Decoder()
    decoder.feed(encode(b"good") + b"noise")
    assert decoder.take() == b"good"
    for _ in range(2):
        with pytest.raises(Refused, match="noise"):
            decoder.take()
        decoder.feed(encode(b"more"))
    assert decoder.waiting == 0


def test_a_half_message_says_how_much_of_it_came() -> None:
    decoder = Decoder()
    assert decoder.missing == ""
    decoder.feed(encode(b"0123456789")[:3])
    assert decoder.missing == "3 bytes"
    decoder.feed(encode(b"0123456789")[3:7])
    assert decoder.missing == "7 of 15 bytes"
    assert decoder.take() is None
