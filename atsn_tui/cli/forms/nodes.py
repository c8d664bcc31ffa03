"""Groups, links and the whole node as JSON."""

from typing import Any

import msgspec

from atsn_tui.node.views import GroupView, LinkView, StatusView


def group_line(view: GroupView) -> dict[str, Any]:
    """A group in a list: without its settings."""
    return {
        "id": view.id,
        "name": view.name,
        "replicated": view.replicated,
        "tasks": view.tasks,
        "digest": view.digest,
        "run_here": view.run_here,
        "kept_by": view.kept_by,
        "intake_paused": view.intake_paused,
    }


def link_line(view: LinkView) -> dict[str, Any]:
    """A link in a list: without the full result of its last round."""
    form: dict[str, Any] = msgspec.to_builtins(view)
    del form["result"]
    return form


def status_form(view: StatusView) -> dict[str, Any]:
    """The node at a glance."""
    return {
        **msgspec.to_builtins(view),
        "groups": [group_line(group) for group in view.groups],
        "links": [link_line(link) for link in view.links],
    }
