"""The node that tasks run on, as the scheduler is told of it."""

from collections.abc import Callable

from msgspec import Struct

from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task

Allowed = Callable[[Task, Settings, Origin, Origin], str | None]
"""Why a task may not run here, None if it may: asked with the origins of the task and of its group's settings."""


class Place(Struct, frozen=True, kw_only=True):
    """This node."""

    node_id: str
    name: str
    tags: tuple[str, ...] = ()
    zone: str = "UTC"
    """The time zone of tasks that name none."""
    boot_id: str = ""
    """Another one after each boot of the machine."""


class Limits(Struct, frozen=True, kw_only=True):
    """How many runs there may be at once; None: any number."""

    node: int | None = None
    group: int | None = None
    """Of one group, unless it has a limit of its own on this node."""


def everything(task: Task, settings: Settings, origin: Origin, settings_origin: Origin) -> str | None:
    """The policy that allows everything."""
    return None
