"""Foreign bytes on a terminal: legible, in pieces as they come, and unable to steer it."""

import codecs

from atsn_tui.cli.text.clean import clean


class Visible:
    """Turns the output of a program into text. Lines and tabs stay; what else is no character is written out."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._held = ""
        """A carriage return whose next character has not come."""

    def __call__(self, data: bytes, end: bool = False) -> str:
        """The text of the next bytes; `end`: they are the last ones."""
        text = self._held + self._decoder.decode(data, end)
        self._held = "\r" if text.endswith("\r") and not end else ""
        text = text.removesuffix(self._held) if self._held else text
        lines = text.replace("\r\n", "\n")
        return "\t".join(clean(part, keep_lines=True) for part in lines.split("\t"))


def last_lines(data: bytes, count: int) -> bytes:
    """The last lines of an output, of which the very last may have no end yet."""
    # Not splitlines, for which a progress bar is a line for each of its states.
    *ended, rest = data.split(b"\n")
    lines = [line + b"\n" for line in ended] + ([rest] if rest else [])
    return b"".join(lines[max(0, len(lines) - count) :])
