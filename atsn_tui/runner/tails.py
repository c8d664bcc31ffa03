"""How output beyond the limit looks on disk. The keeper writes it, readers read it."""

import os
import re

HEADER = 21
"""The bytes at the beginning of a tail that say where in the output it begins."""

_GAP = re.compile(rb"\n\[atsn: (\d+) bytes are left out here\]\n")


def tail_of(output: str) -> str:
    """The file with the latest output, while the run lives."""
    return output.removesuffix(".out") + ".tail"


def old_tail_of(output: str) -> str:
    """The file with the output just before that."""
    return output.removesuffix(".out") + ".tail-old"


def header(offset: int) -> bytes:
    """The beginning of a tail whose first byte has this offset in the output."""
    return b"%020d\n" % offset


def read_header(path: str) -> int | None:
    """The offset of a tail's first byte; None if there is no such tail."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = os.read(file, HEADER)
    except OSError:
        return None
    finally:
        os.close(file)
    return int(found) if len(found) == HEADER and found[:-1].isdigit() else None


def gap_line(count: int) -> bytes:
    """What stands where `count` bytes are missing."""
    return b"\n[atsn: %d bytes are left out here]\n" % count


def gap_at(data: bytes) -> tuple[int, int] | None:
    """If `data` begins with a gap: its count of bytes, and the length of the line that says so."""
    found = _GAP.match(data)
    return (int(found[1]), found.end()) if found else None
