"""The warning that a change will not last, because another node keeps the group."""

from atsn_tui.cli.command import Call
from atsn_tui.node.views import GroupView


def warn_if_kept(call: Call, group: GroupView) -> None:
    """Warn if the group follows another node's strict replication."""
    if group.kept_by is not None:
        call.warn(
            f"{group.name} is kept by {group.kept_by}: its next replication overwrites this change. "
            f"Make it on {group.kept_by} instead, or free the group with: atsn group release {group.id}"
        )
