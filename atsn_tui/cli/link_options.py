"""The options of a link, where some exclude others."""

from typing import Any

from atsn_tui.errors import BadInput
from atsn_tui.model.peer import Direction
from atsn_tui.model.plan import Mode


def direction_of(group: str, peer: str, push: bool, pull: bool) -> Direction:
    """The direction; BadInput unless exactly one of the two is given."""
    if push == pull:
        what = "--push and --pull exclude each other" if push else "a link needs a direction"
        raise BadInput(
            f"{what}: write --push if {peer} is to receive {group} from here, "
            f"--pull if {group} is to come here from {peer}"
        )
    return "push" if push else "pull"


def chosen_mode(strict: bool, easy: bool) -> Mode | None:
    """The mode, None if none is given; BadInput for both."""
    if strict and easy:
        raise BadInput("--strict and --easy exclude each other: give one")
    if strict:
        return "strict"
    return "easy" if easy else None


def chosen_schedule(schedule: str | None, manual: bool) -> tuple[bool, str | None]:
    """Whether a schedule was given, and which (None: by hand); BadInput for both."""
    if schedule is not None and manual:
        raise BadInput("--schedule and --manual exclude each other: give one")
    return schedule is not None or manual, None if schedule == "manual" else schedule


def link_changes(
    strict: bool,
    easy: bool,
    schedule: str | None,
    manual: bool,
    ask: bool | None,
    enabled: bool | None,
    max_deletions: int | None,
    default_deletions: bool,
) -> dict[str, Any]:
    """What `link set` changes, as `node.links.change` wants it; BadInput if that is nothing."""
    changes: dict[str, Any] = {}
    if (mode := chosen_mode(strict, easy)) is not None:
        changes["mode"] = mode
    given, when = chosen_schedule(schedule, manual)
    if given:
        changes["schedule"] = when
    if ask is not None:
        changes["apply"] = "ask" if ask else "auto"
    if enabled is not None:
        changes["enabled"] = enabled
    if max_deletions is not None and default_deletions:
        raise BadInput("--max-deletions and --default-deletions exclude each other: give one")
    if max_deletions is not None or default_deletions:
        changes["max_deletions"] = max_deletions
    if not changes:
        raise BadInput("nothing to change about the link: see atsn link set --help")
    return changes
