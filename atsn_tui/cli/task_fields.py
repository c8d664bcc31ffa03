"""The options of `atsn task add` as the fields of a task."""

from collections.abc import Sequence

from atsn_tui.cli.pairs import parse_pairs
from atsn_tui.errors import BadInput
from atsn_tui.model.task import Task
from atsn_tui.node.tasks.fields import build_task


def new_task(
    name: str,
    line: str | None,
    schedules: Sequence[str],
    folder: str | None,
    disabled: bool,
    pairs: Sequence[str],
) -> Task:
    """The task that the options describe; BadInput when an option and a `--set` say the same thing twice."""
    values = {"name": name, **({"enabled": "no"} if disabled else {})}
    given = given_fields(pairs, line, schedules, folder)
    for key in values.keys() & given.keys():
        raise BadInput(f"{key} is given twice, as an option and by --set: give it once")
    if not any(_says_what_runs(key) for key in given):
        raise BadInput(
            f"task {name!r} would run nothing: give --command LINE, "
            "or --set action.type=http and --set action.url=URL for a request"
        )
    return build_task({**values, **given})


def given_fields(
    pairs: Sequence[str], line: str | None, schedules: Sequence[str], folder: str | None, example: str = ""
) -> dict[str, str]:
    """What options and KEY=VALUE words say together. BadInput if they say a thing twice; with an `example`, nothing."""
    options = {"command": line, "schedules": "; ".join(schedules) or None, "folder": folder}
    given = {key: value for key, value in options.items() if value is not None}
    values = parse_pairs(pairs, "" if given else example)
    for key in given.keys() & values.keys():
        raise BadInput(f"{key} is given twice, as an option and as KEY=VALUE: give it once")
    return given | values


def _says_what_runs(key: str) -> bool:
    return key in ("command", "argv") or key.startswith("action.")
