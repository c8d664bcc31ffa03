"""Help that lists every key that can be set."""

from typing import Any, Literal

from typer.core import TyperCommand


class TaskKeys(TyperCommand):
    """A command that sets fields of tasks."""

    of: Literal["task", "group"] = "task"

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the keys below the options."""
        from atsn_tui.model.settings import Settings
        from atsn_tui.model.task import Task
        from atsn_tui.node.tasks.fields import known_keys

        keys = known_keys(Task if self.of == "task" else Settings)
        with formatter.section("Keys (null takes a value away; NAME is one of your own)"):
            formatter.write_text(", ".join(keys))


class GroupKeys(TaskKeys):
    """A command that sets a group's settings."""

    of = "group"
