"""Keys, database and config: whose they are, and who may read them."""

import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.home import keys
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.ownership import person
from atsn_tui.host.aside import aside
from atsn_tui.node.doctor.check import Finding


class Files:
    """Owner and mode of what lies in the home."""

    topic = "files"
    fine = "keys, database and config belong to this user and are closed to others"

    async def look(self, home: Home) -> Sequence[Finding]:
        """What others could read or write."""
        return await aside(lambda: [*self._places(home), *self._keys(home)])

    def _places(self, home: Home) -> Iterator[Finding]:
        beside = [home.database.with_name(f"{home.database.name}{end}") for end in ("", "-wal", "-shm")]
        for path in (home.path, home.config_file, home.host_key, home.client_key, *beside):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                yield self._bad(f"{path} cannot be looked at: {error.strerror}")
                continue
            yield from self._place(path, found)

    def _place(self, path: Path, found: os.stat_result) -> Iterator[Finding]:
        quoted, mode = shlex.quote(str(path)), stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid():
            owner, ours = person(found.st_uid), person(os.geteuid())
            yield self._bad(
                f"{path} belongs to {owner}, not to {ours}", f"chown {shlex.quote(ours)} {quoted}"
            )
        elif mode & (stat.S_IWGRP | stat.S_IWOTH):
            yield self._bad(f"others may write {path} ({mode:04o})", _close(path, found))
        elif mode & 0o077 and path.suffix == ".toml":
            return
        elif mode & 0o077 and not path.is_dir():
            yield self._bad(f"others may read {path} ({mode:04o})", _close(path, found))
        elif mode & 0o077:
            text = f"others may look into {path} ({mode:04o})"
            yield Finding(topic=self.topic, verdict="warning", text=text, fix=_close(path, found))

    def _keys(self, home: Home) -> Iterator[Finding]:
        for path in (home.host_key, home.client_key):
            try:
                keys.public_line(path)
            except AtsnError as error:
                yield self._bad(error.message)

    def _bad(self, text: str, fix: str = "") -> Finding:
        return Finding(topic=self.topic, verdict="problem", text=text, fix=fix)


class ConfigFile:
    """Whether `config.toml` can be used."""

    topic = "config"
    fine = "config.toml can be read"

    async def look(self, home: Home) -> Sequence[Finding]:
        """What is wrong with it."""
        try:
            await aside(lambda: load(home.config_file))
        except AtsnError as error:
            fix = "mend the file; a running service takes it over with: systemctl reload atsn"
            return [Finding(topic=self.topic, verdict="problem", text=error.message, fix=fix)]
        return []


def _close(path: Path, found: os.stat_result) -> str:
    return f"chmod {'700' if stat.S_ISDIR(found.st_mode) else '600'} {shlex.quote(str(path))}"
