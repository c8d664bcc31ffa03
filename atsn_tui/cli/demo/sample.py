"""The tasks of the demo, from the data file beside this one."""

import tomllib
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from atsn_tui.model.task import Task
from atsn_tui.node.tasks.fields import build_task


class SampleGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of the demo: who keeps it, its settings and its tasks, as KEY=VALUE would set them."""

    name: str
    keeper: str
    settings: dict[str, str] = {}
    task: tuple[dict[str, str], ...] = ()

    def tasks(self) -> list[Task]:
        """The tasks of the group."""
        return [build_task(fields) for fields in self.task]


def sample_groups() -> tuple[SampleGroup, ...]:
    """The groups of the demo."""
    text = files(__package__).joinpath("sample.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return msgspec.convert(data["group"], tuple[SampleGroup, ...])
