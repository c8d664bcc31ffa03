"""The options of this node alone: what `config.toml` says, and what a running service makes of a change."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, inspect

from atsn_tui.errors import AtsnError, BadInput, Refused
from atsn_tui.home import config, locks
from atsn_tui.home.atomic import write_atomically
from atsn_tui.home.config import Config
from atsn_tui.model.run import Request
from atsn_tui.node.core import Core
from atsn_tui.node.options_log import notice, record
from atsn_tui.node.runs.asking import ask, request
from atsn_tui.node.tasks.field_values import value_of

RELOAD = "reload"
"""The kind of request that makes the service read its configuration anew."""

_NOTHING = ("", "none", "null", "off")


class OptionsView(Struct, frozen=True, kw_only=True):
    """The options of a node."""

    options: dict[str, Any]
    """As in config.toml, with what is not said there."""
    service: str | None = None
    """What the running service said to a change; None where none runs, or nothing was changed."""


class Options:
    """Ask for a node's own options and change them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self) -> OptionsView:
        """The options as they stand in config.toml now."""
        return OptionsView(options=msgspec.to_builtins(config.load(self._core.home.config_file)))

    async def change(self, values: Mapping[str, str]) -> OptionsView:
        """Change options, all or none, and let a running service go on with them.

        BadInput names what is wrong, Refused what the service cannot use: nothing is changed then. Unreachable: they
        are changed in the file, but the service did not answer.
        """
        await notice(self._core)
        path = self._core.home.config_file
        before = path.read_bytes()
        checked = {key: _value(key, text) for key, text in values.items()}
        try:
            for key, value in checked.items():
                config.change(path, key, value)
        except AtsnError:
            write_atomically(path, before)
            raise
        await record(self._core)
        told = None
        if locks.held(self._core.home.service_lock):
            try:
                told = (await ask(self._core, self._reload)).text
            except Refused:
                write_atomically(path, before)
                await record(self._core)
                raise
        return OptionsView(options=self.get().options, service=told)

    def _reload(self, _: sqlite3.Connection) -> Request:
        return request(self._core, RELOAD)


def _value(key: str, text: str) -> Any:
    section, dot, last = key.partition(".")
    if section == "variables" and dot:
        return None if text == "null" else text
    kind = _types(Config).get(section)
    if dot and isinstance(kind, inspect.StructType):
        kind = _types(kind.cls).get(last)
    if kind is None:
        raise BadInput(f"no setting is called {key!r}{config.nearest(key, config.known_keys())}")
    if isinstance(kind, (inspect.StructType, inspect.DictType)):
        raise BadInput(f"{key} holds several settings: name one of them, as in {key}.NAME=VALUE")
    if isinstance(kind, inspect.UnionType) and text.lower() in _NOTHING:
        return None
    return value_of(kind, key, key, text)


def _types(kind: Any) -> dict[str, inspect.Type]:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return {field.name: field.type for field in found.fields}
