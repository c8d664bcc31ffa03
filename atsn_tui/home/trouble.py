"""What the system says about a file, put so that a person can act on it."""

import errno
from pathlib import Path

from atsn_tui.errors import AtsnError, NotFound, Refused

_REMEDIES = {
    errno.EACCES: "check the owner and mode of the file and of its directories",
    errno.EPERM: "check the owner and mode of the file and of its directories",
    errno.EROFS: "its file system is mounted read-only",
    errno.ENOSPC: "make room on its file system",
    errno.EDQUOT: "make room in the disk quota",
}
_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS)


def explain(what: str, path: Path, error: OSError) -> AtsnError:
    """The error to raise from `error`; `what` begins the sentence, as in `cannot write`."""
    text = f"{what} {path}: {error.strerror or error}"
    if remedy := _REMEDIES.get(error.errno or 0):
        text += f" ({remedy})"
    if error.errno in _REFUSALS:
        return Refused(text)
    return NotFound(text) if error.errno == errno.ENOENT else AtsnError(text)
