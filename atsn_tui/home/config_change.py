"""Changing `config.toml` without touching what else stands there, and taking a change back."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from atsn_tui.errors import AtsnError, BadFile, BadInput
from atsn_tui.home.atomic import write_atomically
from atsn_tui.home.config import Config, known_keys, load, meant, parse
from atsn_tui.home.locks import Lock, exclusive


class Changed(Struct, frozen=True):
    """A change that was made, with the file as it was before and after."""

    config: Config
    before: bytes
    after: bytes


def change(path: Path, values: Mapping[str, Any]) -> Changed:
    """Set keys (with dots, as in `brake.max_deletions`), or take out those whose value is None; all at once.

    Comments and order stay. BadInput names the key or what is wrong with its value; then nothing is changed.
    """
    for key in values:
        _check_key(key)
    with _locked(path):
        load(path)
        before = after = path.read_bytes()
        wanted = tomllib.loads(before.decode())
        for key, value in values.items():
            after = _edited(after, key, value)
            _put(wanted, key, value)
        try:
            config = parse(after, path)
        except BadFile as error:
            raise BadInput(f"{_told(values)}: {error}") from error
        if config != msgspec.convert(wanted, Config):
            raise AtsnError(
                f"{path}: {', '.join(values)} could not be changed without other changes: edit the file by hand"
            )
        if after != before:
            write_atomically(path, after)
    return Changed(config, before, after)


def take_back(path: Path, changed: Changed) -> bool:
    """Let the file be as before a change, unless somebody has changed it since; whether it is."""
    with _locked(path):
        if path.read_bytes() != changed.after:
            return False
        write_atomically(path, changed.before)
    return True


def _locked(path: Path) -> Lock:
    return exclusive(path.with_name(f"{path.name}.lock"))


def _told(values: Mapping[str, Any]) -> str:
    if len(values) > 1:
        return f"{', '.join(values)} cannot be set like that"
    [(key, value)] = values.items()
    return f"{key} cannot be {value!r}"


def _check_key(key: str) -> None:
    known = known_keys()
    section, _, rest = key.partition(".")
    if key not in known and (section != "variables" or not rest or "." in rest):
        raise BadInput(f"no setting is called {key!r}{meant(key, known)}")


def _edited(data: bytes, key: str, value: Any) -> bytes:
    """The file with that key changed. A new one is written with its dot, lest a table swallow later keys."""
    import tomlkit

    document = tomlkit.parse(data.decode())
    section, dot, last = key.rpartition(".")
    table: Any = document.get(section, {}) if dot else document
    if value is None:
        if last in table:
            del table[last]
    elif dot and section not in document:
        document.append(tomlkit.key([section, last]), tomlkit.item(value))
    else:
        table[last] = value
    return tomlkit.dumps(document).encode()


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    """Change the key in what the file says."""
    section, dot, last = key.rpartition(".")
    table = values.setdefault(section, {}) if dot else values
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
