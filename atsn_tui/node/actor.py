"""Who acts on a node, and from where: it goes into the history of every change."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A local user at a front end."""

    who: str
    source: str

    @classmethod
    def of(cls, environ: Mapping[str, str], front_end: str) -> "Actor":
        """The person behind this process: the one who called sudo, if anyone did, and the address of the login."""
        who = environ.get("SUDO_USER") or _user()
        login = environ.get("SSH_CONNECTION", "").split(" ")[0]
        return cls(who, f"{front_end} from {login}" if login else front_end)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.geteuid()}"
