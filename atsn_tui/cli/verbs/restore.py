"""`atsn restore`: bring a node back from its backup."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import YesOption

app = single()


@command(app, "restore")
async def restore(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What atsn backup wrote.")],
    new_identity: Annotated[
        bool, typer.Option("--new-identity", help="Make it a node of its own, not the one that was saved.")
    ] = False,
    yes: YesOption = False,
) -> int:
    """Bring a node back from its backup: in an empty place, or over the node itself, which is kept aside.

    What was due between the backup and now does not run, for it may have run already. Peers notice that the node's
    history went back, and hold what it sends until a person allows it.
    """
    from atsn_tui.cli.confirming import may_remove
    from atsn_tui.cli.passwords import ask, may_type
    from atsn_tui.cli.paths import absolute
    from atsn_tui.cli.text.restore import print_restored
    from atsn_tui.node.backup.restore import restore

    home = call.home()
    if home.holds_something() and not await may_remove(
        call, f"the present state of the node at {home.path}", yes
    ):
        return 1
    asking = ask if may_type() else None
    done = await restore(
        home, absolute(file), call.actor(), call.passwords(), asking, new_identity=new_identity
    )
    call.answer(done, lambda console: print_restored(console, done))
    if done.aside_plain and done.aside is not None:
        import shlex

        call.warn(
            f"the node that was there is kept unencrypted; remove it with: rm -r {shlex.quote(done.aside)}"
        )
    return 0
