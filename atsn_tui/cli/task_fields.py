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
    options = {"name": name}
    if line is not None:
        options["command"] = line
    if schedules:
        options["schedules"] = "; ".join(schedules)
    if folder is not None:
        options["folder"] = folder
    if disabled:
        options["enabled"] = "no"
    values = parse_pairs(pairs)
    for key in options.keys() & values.keys():
        raise BadInput(f"{key} is given twice, as an option and by --set: give it once")
    if "command" not in options and not any(_says_what_runs(key) for key in values):
        raise BadInput(
            f"task {name!r} would run nothing: give --command LINE, "
            "or --set action.type=http and --set action.url=URL for a request"
        )
    return build_task({**options, **values})


def _says_what_runs(key: str) -> bool:
    return key in ("command", "argv") or key.startswith("action.")
