"""Hiding secrets in what is printed and written. The keeper uses this too."""

from collections.abc import Iterable

MASK = b"*****"
"""What stands in place of a secret."""

LINE = 8
"""A line of a secret is a secret of its own from this many bytes on: many tools print line by line."""


class Masker:
    """Masks secrets in a stream of bytes, also where they are split over chunks or overlap.

    It holds back fewer bytes than the longest secret has.
    """

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = _forms(secrets)
        self._held = b""
        self._covered = 0
        """How many of the held bytes belong to a secret whose mask was given out already."""

    def feed(self, chunk: bytes) -> bytes:
        """What can be shown by now."""
        if not self._secrets or not chunk:
            return chunk
        data = self._held + chunk
        return self._show(data, self._unfinished(data))

    def finish(self) -> bytes:
        """The rest, at the end of the stream."""
        return self._show(self._held, len(self._held))

    def _show(self, data: bytes, end: int) -> bytes:
        """Everything before `end`, masked; what follows is held back."""
        if end == 0:
            self._held = data
            return b""
        shown: list[bytes] = []
        position = covered = 0
        for first, last in self._spans(data):
            if first >= end:
                break
            shown.append(data[position:first])
            if first > 0 or not self._covered:
                shown.append(MASK)
            position, covered = last, last - end
        if position < end:
            shown.append(data[position:end])
        self._held = data[end:]
        self._covered = max(0, covered)
        return b"".join(shown)

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        """The secret parts of `data`, those that overlap as one."""
        found = [(0, self._covered)] if self._covered else []
        for secret in self._secrets:
            at = data.find(secret)
            while at >= 0:
                found.append((at, at + len(secret)))
                at = data.find(secret, at + 1)
        found.sort()
        merged: list[tuple[int, int]] = []
        for first, last in found:
            if merged and first < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged

    def _unfinished(self, data: bytes) -> int:
        """Where the earliest secret begins that `data` may hold only the first part of, else its length."""
        earliest = len(data)
        for secret in self._secrets:
            at = data.find(secret[:1], max(0, len(data) - len(secret) + 1), earliest)
            while at >= 0:
                if secret.startswith(data[at:]):
                    earliest = at
                    break
                at = data.find(secret[:1], at + 1, earliest)
        return earliest


def mask(data: bytes, secrets: Iterable[bytes]) -> bytes:
    """`data` with every secret hidden."""
    masker = Masker(secrets)
    return masker.feed(data) + masker.finish()


def _forms(secrets: Iterable[bytes]) -> tuple[bytes, ...]:
    """Each secret without the line break at its end, and its longer lines."""
    forms: set[bytes] = set()
    for secret in secrets:
        whole = secret.strip(b"\r\n")
        forms.add(whole)
        forms.update(line for line in map(bytes.strip, whole.splitlines()) if len(line) >= LINE)
    forms.discard(b"")
    return tuple(sorted(forms))
