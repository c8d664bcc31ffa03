"""`atsn replicate`: replicate now."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OptionalGroup, PeerOption, YesOption

app: typer.Typer = single()


@command(app, "replicate")
async def replicate(
    call: Call,
    group: OptionalGroup = None,
    peer: PeerOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only show what would change, as diff does.")
    ] = False,
    yes: YesOption = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="This time make the receivers full copies.")
    ] = False,
    easy: Annotated[
        bool, typer.Option("--easy", help="This time bring only what is newer or missing.")
    ] = False,
    allow_deletions: Annotated[
        int,
        typer.Option("--allow-deletions", metavar="N", min=0, help="Let up to N deletions past the brake."),
    ] = 0,
    allow_restored: Annotated[
        bool, typer.Option("--allow-restored", help="Accept a primary whose history went back.")
    ] = False,
    allow_future: Annotated[bool, typer.Option("--allow-future", help="Accept dates in the future.")] = False,
    allow_other_primary: Annotated[
        bool,
        typer.Option(
            "--allow-other-primary", help="Let a group that follows another primary follow this one."
        ),
    ] = False,
) -> int:
    """Replicate now: show what would change, ask, and apply it.

    Where nobody can be asked, it applies nothing unless --yes is given, and exits with 1 if something
    differs.
    """
    from atsn_tui.cli.ask import someone_there
    from atsn_tui.cli.link_options import chosen_mode
    from atsn_tui.cli.replication import Wish, carry_out, confer, preview
    from atsn_tui.model.brake import Allowance

    wish = Wish(
        group=group,
        peers=tuple(peer or ()),
        mode=chosen_mode(strict, easy),
        allow=Allowance(
            deletions=allow_deletions,
            restored=allow_restored,
            future=allow_future,
            other_primary=allow_other_primary,
        ),
    )
    async with call.node() as node:
        if dry_run:
            return await preview(call, node, wish)
        if yes:
            return await carry_out(call, node, wish)
        if call.as_json or not someone_there():
            return await preview(call, node, wish, hint=True)
        return await confer(call, node, wish)
