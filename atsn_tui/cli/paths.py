"""Files that a person names."""

import os
from pathlib import Path


def absolute(name: str) -> Path:
    """The file, with ~ for the person's own directory."""
    return Path(os.path.abspath(os.path.expanduser(name)))
