"""`atsn import`: read crontabs and snapshots."""

from typing import Annotated, Literal

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app: typer.Typer = single()


@command(app, "import")
async def import_file(
    call: Call,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Crontabs or snapshots; - is standard input.")
    ],
    into: Annotated[
        str | None, typer.Option("--into", metavar="GROUP", help="The group to import into.")
    ] = None,
    kind: Annotated[
        Literal["crontab", "system-crontab", "snapshot"] | None,
        typer.Option("--format", help="What the files are; detected if not given."),
    ] = None,
    mode: Annotated[
        Literal["strict", "easy"],
        typer.Option("--mode", help="How a snapshot is merged: strict makes the group a copy of it."),
    ] = "easy",
    enable: Annotated[bool, typer.Option("--enable", help="Let imported cron jobs run at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    folder: Annotated[
        str, typer.Option("--folder", "-f", metavar="PATH", help="The folder for imported cron jobs.")
    ] = "",
) -> int:
    """Read crontabs and snapshots into groups.

    A crontab's jobs arrive disabled unless --enable is given, because cron still runs them. Without --into
    they go to the group `Imported from FILE`, and a snapshot makes the group that it describes.
    """
    from atsn_tui.cli.imports import Import, import_files, read_files

    wish = Import(into=into, kind=kind, mode=mode, enable=enable, dry_run=dry_run, folder=folder)
    sources = read_files(files)
    async with call.node() as node:
        return await import_files(call, node, sources, wish)
