"""Sockets that lie in a home. The system allows them about 100 bytes of path, and a home may be deeper than that."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 107
"""Bytes that a socket's path may have on Linux."""


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name for the socket that can be bound or connected to, inside the block, however long its path is. OSError."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
