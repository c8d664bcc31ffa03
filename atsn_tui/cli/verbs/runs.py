"""`atsn runs`: what ran, and what did not."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OptionalGroup

if TYPE_CHECKING:
    from rich.console import Console

    from atsn_tui.node.runs.views import DecisionView

app: typer.Typer = single()


@command(app, "runs")
async def runs(
    call: Call,
    group: OptionalGroup = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", "-t", metavar="TASK", help="Only this task; with GROUP, its folder and name will do."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=100_000, help="Not more than so many.")
    ] = 30,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Only due times that did not run, with the reason.")
    ] = False,
) -> None:
    """Show what ran, how it ended, and what did not run and why; the latest first."""
    from atsn_tui.cli.forms.runs import runs_form
    from atsn_tui.cli.text.runs import folded, in_order, print_folded, print_runs

    async with call.node() as node:
        ran = [] if skipped else await node.runs.list(group, task, limit)
        not_run = await node.runs.skipped(group, task, limit)
    if call.as_json or skipped or task is not None:
        left_out: list[DecisionView] = []
    else:
        not_run, left_out = folded(not_run)
    entries = in_order(ran, not_run, limit)

    def show(console: "Console") -> None:
        print_runs(console, entries, _of(group, task))
        print_folded(console, left_out)

    call.answer(runs_form(entries), show)


def _of(group: str | None, task: str | None) -> Literal["node", "group", "task"]:
    if task is not None:
        return "task"
    return "node" if group is None else "group"
