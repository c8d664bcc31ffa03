"""`atsn export`: write a group as a snapshot."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import GroupArgument

app: typer.Typer = single()


@command(app, "export")
async def export(
    call: Call,
    group: GroupArgument,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; standard output without it."),
    ] = None,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets", help="Include the secrets of credentials, readable for whoever has the file."
        ),
    ] = False,
) -> None:
    """Write a group as a snapshot: JSON that can be read, edited, compared and imported."""
    from atsn_tui.cli.snapshot_file import write_snapshot

    async with call.node() as node:
        snapshot = await node.files.export(group, secrets=secrets)
        view = await node.groups.get(group)
    if output is None or output == "-":
        print(snapshot, end="" if snapshot.endswith("\n") else "\n")
        return
    write_snapshot(output, snapshot, private=secrets)
    from atsn_tui.model.words import plural

    data = {"group": view.name, "group_id": view.id, "file": output, "tasks": view.tasks, "secrets": secrets}
    call.say(f"{view.name} is written to {output}: {plural(view.tasks, 'task')}", data)
