"""`atsn log`: what a run printed."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.errors import BadInput
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView

app: typer.Typer = single()


@command(app, "log")
async def log(
    call: Call,
    which: Annotated[
        str,
        typer.Argument(metavar="RUN|TASK", help="The beginning of a run's id, or a task for its last run."),
    ],
    following: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what it prints, until it ends.")
    ] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", metavar="N", min=0, help="Begin with the last N lines.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="On a terminal too, print every byte as it is: it may steer it.")
    ] = False,
) -> None:
    """Show what a run printed, or the last run of a task; secrets are masked.

    On a terminal, control characters are written out, as in \\x1b.
    """
    if raw and call.as_json:
        raise BadInput("--raw and --json do not go together: JSON is text; leave one of them out")
    async with call.node() as node:
        view = await node.runs.find(which)
        if call.as_json:
            await _as_json(call, node, view, following, tail)
        else:
            await _as_it_is(call, node, view, following, tail, raw)


async def _as_it_is(
    call: Call, node: Node, view: RunView, following: bool, tail: int | None, raw: bool
) -> None:
    from atsn_tui.cli.following import follow
    from atsn_tui.cli.printing import Printing, aside
    from atsn_tui.cli.text.runs import short

    heading = sys.stdout.isatty()
    if heading:
        aside(_heading(view))
    printing = Printing(raw)
    write = _from_the_last_lines(printing, tail)
    if following:
        ended = await follow(call, node, view.id, write)
    else:
        write(await node.runs.output(view.id))
        ended = view
    printing.end()
    if heading and following and view.ended_at is None:
        aside(short(ended))
    if heading and not printing.anything and tail is None:
        aside("(it has printed nothing)")


async def _as_json(call: Call, node: Node, view: RunView, following: bool, tail: int | None) -> None:
    from atsn_tui.cli.following import follow
    from atsn_tui.cli.forms.runs import log_form
    from atsn_tui.cli.text.visible import last_lines

    if following:
        view = await follow(call, node, view.id, lambda _: None)
    output = await node.runs.output(view.id)
    shown = output if tail is None else last_lines(output, tail)
    call.answer(log_form(view, shown), lambda _: None)


def _heading(view: RunView) -> str:
    from atsn_tui.cli.text.clean import clean
    from atsn_tui.cli.text.moments import full
    from atsn_tui.cli.text.runs import moment_of, short, trigger

    when = full(moment_of(view).isoformat())
    return clean(f"{view.group}/{view.task}, run {view.id}\n", keep_lines=True) + clean(
        f"{when}, {trigger(view)}: {short(view)}"
    )


def _from_the_last_lines(write: Callable[[bytes], None], tail: int | None) -> Callable[[bytes], None]:
    """Of what there is at first, write only the last lines; then all that comes."""
    from atsn_tui.cli.text.visible import last_lines

    first = True

    def taken(data: bytes) -> None:
        nonlocal first
        write(last_lines(data, tail) if first and tail is not None else data)
        first = False

    return taken
