"""Messages between the service and the keeper: four bytes of length, then JSON. The keeper uses this too.

These forms never change, so that any two versions can part in peace: the service begins with
`{"op": "hello", "protocol": n, "version": v}`; the keeper answers `{"op": "hello", "protocol", "version",
"pid", "runs": count, …}`; after `{"op": "retire"}` the keeper leaves as soon as no run lives.
"""

PROTOCOL = 1
"""The number of everything else that is said. It changes whenever a message's meaning does."""

MAX_MESSAGE = 16 * 1024 * 1024
"""The longest message, in bytes."""

_HEADER = 4


def frame(body: bytes) -> bytes:
    """The message as it travels."""
    return len(body).to_bytes(_HEADER, "big") + body


class Inbox:
    """Puts messages together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now, in order. ValueError if one is too long."""
        self._buffer += data
        messages: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= _HEADER:
            size = int.from_bytes(self._buffer[start : start + _HEADER], "big")
            if size > MAX_MESSAGE:
                raise ValueError(f"a message of {size} bytes is too long: at most {MAX_MESSAGE} are allowed")
            end = start + _HEADER + size
            if len(self._buffer) < end:
                break
            messages.append(bytes(self._buffer[start + _HEADER : end]))
            start = end
        del self._buffer[:start]
        return messages
