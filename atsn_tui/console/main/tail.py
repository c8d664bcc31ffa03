"""The end of what a run printed, kept small however much that is."""

import codecs
from collections import deque

_LINES = 500
_CHARACTERS = 64_000
_BYTES = 4 * _CHARACTERS
"""No more of one piece is looked at; a character has four bytes at most."""


class Tail:
    """Takes bytes as they come and gives the last lines, as many as a person may want to scroll back."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._whole: deque[str] = deque()
        self._open = ""
        self._size = 0
        self.cut = False
        """Whether something at the beginning is missing here."""

    def add(self, data: bytes) -> None:
        """What was printed since the last time."""
        if len(data) > _BYTES:
            self.cut, data = True, data[-_BYTES:]
        *whole, self._open = (self._open + self._decoder.decode(data)).split("\n")
        self._whole.extend(whole)
        self._size += sum(map(len, whole))
        while len(self._whole) > _LINES or (self._whole and self._size + len(self._open) > _CHARACTERS):
            self._size -= len(self._whole.popleft())
            self.cut = True
        if len(self._open) > _CHARACTERS:
            self._open, self.cut = self._open[-_CHARACTERS:], True

    @property
    def lines(self) -> list[str]:
        """Those lines; the last one may go on."""
        return [*self._whole, *([self._open] if self._open else [])]
