"""The output of a run, as much of it as a report shows."""

from msgspec import Struct

from atsn_tui.mail.legible import decode, legible
from atsn_tui.model.words import plural, size
from atsn_tui.reports.secrets import Mask

MAX_OUTPUT = 100_000
"""The most of an output that a mail shows, in characters."""

_HEAD_SHARE = 4
"""Of an output that is too long, this part (a quarter) is shown from the beginning, the rest from the end."""


class Output(Struct, frozen=True, kw_only=True):
    """What is left of a run's output. If not all was kept, a gap lies between `start` and `end`.

    A marker that stands for the gap in a captured file is no part of either.
    """

    start: bytes = b""
    end: bytes = b""
    size: int | None = None
    """How much was written altogether, in bytes; None: all of it is here."""

    @property
    def total(self) -> int:
        """How much was written altogether, in bytes."""
        kept = len(self.start) + len(self.end)
        return kept if self.size is None else max(self.size, kept)

    @property
    def lost(self) -> int:
        """How much was not kept, in bytes."""
        return self.total - len(self.start) - len(self.end)


class Excerpt(Struct, frozen=True):
    """The part of an output that is shown."""

    text: str
    whole: bool
    """Whether that is all of it."""


def excerpt(output: Output, mask: Mask, limit: int = MAX_OUTPUT) -> Excerpt:
    """The output as text without secrets, at most about `limit` characters; gaps say how much is missing."""
    start, end = _shown(output.start, mask), _shown(output.end, mask)
    if not output.lost:
        whole = _shown(output.start + output.end, mask)
        return Excerpt(whole, True) if len(whole) <= limit else Excerpt(_cut(whole, limit, 0), False)
    if not end:
        return Excerpt(f"{_ended(_first(start, limit))}{_gap(output.lost)}\n", False)
    head = _first(start, limit // _HEAD_SHARE)
    tail = _last(end, limit - limit // _HEAD_SHARE)
    missing = output.lost + _bytes(start) - _bytes(head) + _bytes(end) - _bytes(tail)
    return Excerpt(f"{_ended(head)}{_gap(missing)}\n{tail}", False)


def described(output: Output) -> str:
    """How much was written, as in `12 lines, 1.2 kB`, or only its size if not all was kept."""
    if output.lost:
        return size(output.total)
    data = output.start + output.end
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    return f"{plural(lines, 'line')}, {size(output.total)}"


def _shown(data: bytes, mask: Mask) -> str:
    # Masked as it was written: made legible, a secret might read otherwise.
    return legible(mask(decode(data)))


def _cut(text: str, limit: int, lost: int) -> str:
    head = _first(text, limit // _HEAD_SHARE)
    tail = _last(text, limit - limit // _HEAD_SHARE)
    missing = lost + _bytes(text) - _bytes(head) - _bytes(tail)
    return f"{_ended(head)}{_gap(missing)}\n{tail}"


def _first(text: str, limit: int) -> str:
    """The beginning, to the end of a line where there is one."""
    if len(text) <= limit:
        return text
    return text[: text.rfind("\n", 0, limit) + 1] or text[:limit]


def _last(text: str, limit: int) -> str:
    """The end, from the beginning of a line where there is one."""
    if len(text) <= limit:
        return text
    begin = text.find("\n", len(text) - limit) + 1
    return text[begin:] if 0 < begin < len(text) else text[len(text) - limit :]


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _bytes(text: str) -> int:
    return len(text.encode())


def _gap(count: int) -> str:
    return f"[… {count:,} bytes are left out here …]"
