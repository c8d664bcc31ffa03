"""The options of this node alone: what `config.toml` says, and what a running service makes of a change."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, inspect

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home import config, config_change, locks
from atsn_tui.home.config import Config
from atsn_tui.home.config_change import Changed
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

        BadInput names what is wrong, Refused what the service cannot use: nothing is changed then, unless the file was
        edited meanwhile. Unreachable: they are changed in the file, but the service did not answer.
        """
        await notice(self._core)
        checked = {key: _value(key, text) for key, text in values.items()}
        changed = config_change.change(self._core.home.config_file, checked)
        await record(self._core)
        told = None
        if locks.held(self._core.home.service_lock):
            try:
                told = (await ask(self._core, self._reload)).text
            except Refused as error:
                await self._take_back(changed, error)
                raise
        return OptionsView(options=self.get().options, service=told)

    async def _take_back(self, changed: Changed, refused: Refused) -> None:
        path = self._core.home.config_file
        if not config_change.take_back(path, changed):
            raise Refused(
                f"{refused}; {path} was edited meanwhile, so it still holds what the service cannot use: mend it there"
            ) from refused
        await record(self._core)

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
        raise BadInput(f"no setting is called {key!r}{config.meant(key, config.known_keys())}")
    if isinstance(kind, (inspect.StructType, inspect.DictType)):
        raise BadInput(f"{key} holds several settings: name one of them, as in {key}.NAME=VALUE")
    if isinstance(kind, inspect.UnionType) and text.lower() in _NOTHING:
        return None
    return value_of(kind, key, key, text)


def _types(kind: Any) -> dict[str, inspect.Type]:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return {field.name: field.type for field in found.fields}
