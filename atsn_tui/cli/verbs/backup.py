"""`atsn backup`: save all that makes this node in one file."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "backup")
async def backup(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup to write, as in /srv/hq.tar.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Save all that makes this node in one file: database, keys and config.toml, as they are at this moment.

    Service and console may go on meanwhile. The file is for you alone (mode 0600): it holds private keys and, unless
    the database is encrypted, secrets.
    """
    from atsn_tui.cli.paths import absolute

    async with call.node() as node:
        done = await node.backup(absolute(file), force=force)
    what = "its database is encrypted" if done.encrypted else "it holds secrets in plain text"
    call.say(f"{done.name} is saved in {done.file} ({done.size / 1_000_000:.1f} MB; {what})", done)
