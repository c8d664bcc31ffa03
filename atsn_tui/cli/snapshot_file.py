"""Where a snapshot goes: a file is replaced in one step, a device or pipe is written to."""

import os
from pathlib import Path

from atsn_tui.errors import BadInput
from atsn_tui.home.atomic import write_atomically

PRIVATE = 0o600
"""The mode of a file with secrets."""


def write_snapshot(name: str, text: str, private: bool) -> None:
    """Write the snapshot to that file; with secrets in it, only its owner can read it."""
    path = Path(name)
    if path.is_dir():
        raise BadInput(f"{name} is a directory: name a file in it, as in {path / 'group.json'}")
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as stream:
            stream.write(text)
        return
    write_atomically(path, text.encode(), PRIVATE if private else 0o666 & ~_umask())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
