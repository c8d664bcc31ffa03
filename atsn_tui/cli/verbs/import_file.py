"""`atsn import`: read crontabs and snapshots."""

from typing import Annotated, Literal

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OwnCrontabOption, UserCrontabsOption

app: typer.Typer = single()


@command(app, "import")
async def import_file(
    call: Call,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Crontabs or snapshots; - is standard input.")
    ] = None,
    own: OwnCrontabOption = False,
    users: UserCrontabsOption = None,
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
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Comment the jobs out in their crontabs, and enable their tasks."),
    ] = False,
    without_service: Annotated[
        bool, typer.Option("--without-service", help="Take over even if nobody runs the tasks for now.")
    ] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Let imported cron jobs run at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    folder: Annotated[
        str, typer.Option("--folder", "-f", metavar="PATH", help="The folder for imported cron jobs.")
    ] = "",
) -> int:
    """Read crontabs and snapshots into groups.

    A crontab's jobs arrive disabled unless --enable is given, because cron still runs them. Without --into
    they go to the group `Imported from FILE`, and a snapshot makes the group that it describes.

    With --take-over, what can run here changes hands: its lines are commented out in the crontab and its
    tasks enabled, so that no due time is run by both or by neither. `atsn give-back` undoes it.
    """
    from atsn_tui.cli.imports import Import, check_taking_over, import_files, read_sources

    wish = Import(
        into=into,
        kind=kind,
        mode=mode,
        enable=enable,
        dry_run=dry_run,
        folder=folder,
        take_over=take_over,
        without_service=without_service,
    )
    sources = read_sources(files or [], own, users or [])
    check_taking_over(wish, sources)
    async with call.node() as node:
        return await import_files(call, node, sources, wish)
