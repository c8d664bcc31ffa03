"""`atsn audit`: the log of everything that was changed on this node."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app: typer.Typer = single()


@command(app, "audit")
async def audit(
    call: Call,
    number: Annotated[
        int | None, typer.Argument(metavar="N", min=1, help="Show this entry with all that it holds.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only from then on, as in 2h, 3d or 2026-12-24."),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", "-g", metavar="GROUP", help="Only what concerns this group.")
    ] = None,
    peer: Annotated[
        str | None, typer.Option("--peer", "-p", metavar="PEER", help="Only what concerns this peer.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=1_000_000, help="Not more than so many.")
    ] = 50,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that nothing in the log or the history was tampered with.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="HEAD", help="With --verify: the log must hold this head, printed earlier."
        ),
    ] = None,
    head: Annotated[
        bool, typer.Option("--head", help="Print the end of the log, to be kept on another machine.")
    ] = False,
) -> int:
    """Show or verify the log of everything that was changed on this node.

    It tells who did what, when and from where; the latest first.

    Every entry's hash covers the one before, so --verify finds what was changed or taken out, and exits with 1. Only a
    head kept elsewhere proves that nothing was cut off the end.
    """
    from atsn_tui.cli.text.audit import print_check, print_entry, print_log
    from atsn_tui.errors import BadInput

    if against is not None and not verify:
        raise BadInput("--against needs --verify")
    async with call.node() as node:
        if verify:
            checked = await node.audit.verify(against)
            call.answer(checked, lambda console: print_check(console, checked))
            return 0 if checked.intact else 1
        if head:
            end = await node.audit.head()
            call.say(str(end), end)
        elif number is not None:
            entry = await node.audit.get(number)
            call.answer(entry, lambda console: print_entry(console, entry))
        else:
            entries = await node.audit.list(limit, since, group, peer)
            call.answer({"entries": entries}, lambda console: print_log(console, entries))
    return 0
