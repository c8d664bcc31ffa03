"""The home directory of a node: where it is, what lies in it, and whether we may use it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from atsn_tui.errors import BadInput
from atsn_tui.home import birth, keys, ownership, restoring, template
from atsn_tui.home.atomic import write_atomically
from atsn_tui.home.pulse import Pulse, feel

SYSTEM_HOME = Path("/var/lib/atsn")
"""The home of root's node."""

APPLICATION = "atsn"
"""The directory's name below a user's data directory."""


@dataclass(frozen=True)
class Home:
    """A node's directory. Making this object touches nothing; `check` says whether a node is there."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.path / "atsn.db"

    @property
    def config_file(self) -> Path:
        """The settings of this node alone. Where it exists, there is a node."""
        return self.path / "config.toml"

    @property
    def host_key(self) -> Path:
        """The private key that our SSH server shows."""
        return self.path / "host_key"

    @property
    def client_key(self) -> Path:
        """The private key that we log in to peers with."""
        return self.path / "client_key"

    @property
    def open_lock(self) -> Path:
        """Held shared by every process that has the database open."""
        return self.path / "open.lock"

    @property
    def service_lock(self) -> Path:
        """Held by the running service."""
        return self.path / "service.lock"

    def pulse(self) -> Pulse:
        """Whether a service runs for this node, and when its scheduler took its last turn."""
        return feel(self.service_lock)

    @property
    def crontabs(self) -> Path:
        """What concerns crontabs that were taken over: their backups, and the journal of a change under way."""
        return self.path / "crontabs"

    @property
    def wake(self) -> Path:
        """The socket on which the service is told to look at its requests."""
        return self.path / "wake"

    @classmethod
    def resolve(cls, option: str | None, environ: Mapping[str, str]) -> Self:
        """The home that `--home` names, else ATSN_HOME, else the user's own. BadInput for an empty option."""
        if option is not None and not option.strip():
            raise BadInput("--home is empty: give a directory, as in --home /srv/atsn")
        if given := option or environ.get("ATSN_HOME"):
            return cls(_absolute(given))
        if os.geteuid() == 0:
            return cls(SYSTEM_HOME)
        from platformdirs import user_data_path

        return cls(user_data_path(APPLICATION, appauthor=False))

    def check(self) -> None:
        """Return if this is a node that the effective user owns and can write.

        NotFound: no node is here. Refused: it is another user's, or others could write in it, or nobody can.
        A restore or an init that was killed when all was ready is finished first.
        """
        if restoring.pending(self.path):
            ownership.check(self.path)
            restoring.finish(self.path, self.open_lock)
        ownership.check(self.path, self.config_file)

    def holds_something(self) -> bool:
        """Whether a node is here, be it damaged or not yet in its place."""
        return self.config_file.exists() or self.database.exists() or restoring.pending(self.path)

    @contextmanager
    def create(self, name: str, listen: str | None = None) -> Iterator["Home"]:
        """Make a node, whole or not at all: `with home.create("hq") as draft:`.

        The draft is a home with keys and config, in which the block makes the database (and closes it); the node
        appears when the block ends without an error. BadInput: there is a node, the directory is not empty, or a
        value is wrong. Refused: another one is being made there.
        """
        config = template.render(name, listen)
        with birth.place(self.path, self.config_file.name, self.open_lock) as directory:
            draft = Home(directory)
            keys.make(draft.host_key)
            keys.make(draft.client_key)
            write_atomically(draft.config_file, config)
            yield draft


def _absolute(text: str) -> Path:
    if "\0" in text:
        raise BadInput(f"{text!r} is no path: it holds a NUL character")
    return Path(os.path.abspath(os.path.expanduser(text)))
