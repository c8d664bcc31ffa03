"""Frames: how one message looks on the wire.

A frame is the body's length (4 bytes, most significant first), a flag byte (0: the body is the message,
1: the body is one zstd frame that says its size) and the body. Every printable text reads as a length
above the limit, so whatever is no frame is found out at its first byte.
"""

import struct

import zstandard

from atsn_tui.errors import BadInput, Refused

MAX_FRAME = 16 * 1024 * 1024
"""The largest body on the wire, in bytes."""
MAX_MESSAGE = 64 * 1024 * 1024
"""The largest message, in bytes."""
COMPRESS_FROM = 1024
"""The smallest message, in bytes, that is compressed."""

_HEADER = struct.Struct(">IB")
_PLAIN, _ZSTD = 0, 1
_LEVEL = 1
_SHOWN = 60


class TooLarge(BadInput):
    """A message that fits no frame."""


def encode(payload: bytes) -> bytes:
    """The frame of one message. TooLarge, which is BadInput, if it fits none."""
    if len(payload) > MAX_MESSAGE:
        raise TooLarge(
            f"a message of {len(payload)} bytes is too large to send: at most {MAX_MESSAGE} can be"
        )
    flag, body = _PLAIN, payload
    if len(payload) >= COMPRESS_FROM:
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(payload)
        if len(packed) < len(payload):
            flag, body = _ZSTD, packed
    if len(body) > MAX_FRAME:
        raise TooLarge(
            f"a message takes {len(body)} bytes on the wire: at most {MAX_FRAME} can be sent at once"
        )
    return _HEADER.pack(len(body), flag) + body


class Decoder:
    """Messages out of bytes that arrive in pieces of any size. After an error it only repeats that error."""

    def __init__(self, max_frame: int = MAX_FRAME, max_message: int = MAX_MESSAGE) -> None:
        self._max_frame, self._max_message = max_frame, max_message
        self._buffer = bytearray()
        self._error: str | None = None

    @property
    def ready(self) -> bool:
        """Whether `take` would give a message or an error."""
        size = self._size()
        return self._error is not None or (size is not None and len(self._buffer) >= size)

    @property
    def waiting(self) -> int:
        """Bytes that are held."""
        return len(self._buffer)

    @property
    def missing(self) -> str:
        """How far a message that was not finished came, for an error message; empty between two messages."""
        if not self._buffer:
            return ""
        size = self._size()
        return f"{len(self._buffer)} of {size} bytes" if size else f"{len(self._buffer)} bytes"

    def feed(self, data: bytes) -> None:
        """Add what arrived. After an error it is thrown away."""
        if self._error is None:
            self._buffer += data

    def take(self) -> bytes | None:
        """The next message, or None while it is not complete. Refused if these bytes are no frames."""
        size = self._size()
        if self._error is not None:
            raise Refused(self._error)
        if size is None or len(self._buffer) < size:
            return None
        flag = self._buffer[4]
        body = bytes(memoryview(self._buffer)[_HEADER.size : size])
        del self._buffer[:size]
        if flag == _PLAIN:
            return body
        try:
            return _unpack(body, self._max_message)
        except Refused as error:
            self._fail(error.message)
            raise

    def _size(self) -> int | None:
        """The size of the frame that the buffer begins with; None if that is not known or it is no frame."""
        if self._error is not None or not self._buffer:
            return None
        if self._buffer[0] > MAX_FRAME >> 24:
            self._fail(f"this is no ATSN message: it begins with {_readable(self._buffer)}")
            return None
        if len(self._buffer) < _HEADER.size:
            return None
        length, flag = _HEADER.unpack_from(self._buffer)
        if length > self._max_frame:
            self._fail(f"a message of {length} bytes was announced: at most {self._max_frame} are taken")
            return None
        if flag not in (_PLAIN, _ZSTD):
            self._fail(f"this is no ATSN message: it begins with {_readable(self._buffer)}")
            return None
        return int(_HEADER.size + length)

    def _fail(self, error: str) -> None:
        self._error = error
        self._buffer.clear()


def _unpack(body: bytes, most: int) -> bytes:
    """The message in a zstd frame, whose announced size is checked before memory is taken for it."""
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
            raise Refused("a compressed message does not say its size")
        if size > most:
            raise Refused(f"a message unpacks to {size} bytes: at most {most} are taken")
        message = zstandard.ZstdDecompressor().decompress(body, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Refused(f"a compressed message is damaged: {error}") from error
    if len(message) != size:
        raise Refused(f"a compressed message of {size} bytes holds {len(message)}")
    return message


def _readable(data: bytearray) -> str:
    return ascii(bytes(data[:_SHOWN]).decode("latin-1"))
