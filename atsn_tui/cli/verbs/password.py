"""`atsn password`: encrypt the node's database, give it another password, or end that."""

from typing import TYPE_CHECKING, Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.options import YesOption
from atsn_tui.errors import BadInput

if TYPE_CHECKING:
    from atsn_tui.node.password import SealedView

app = family("Encrypt the node's database, or end that.")

NewFileOption = Annotated[
    str | None,
    typer.Option(
        "--new-password-file", metavar="FILE", help="Where the new password stands; else it is asked for."
    ),
]


@command(app, "set")
async def set_password(call: Call, new_password_file: NewFileOption = None) -> None:
    """Encrypt the database, and every copy of it in the home, with a password.

    Nobody else may have the node open meanwhile. Without --new-password-file, the password is the one that the node
    would be opened with from now on (see docs/encryption.md), else it is typed. A lost password cannot be got back.
    """
    from atsn_tui.node.password import change_password, is_encrypted, known_password
    from atsn_tui.store.database.cipher import library

    home = call.home()
    if is_encrypted(home):
        raise BadInput("the database is encrypted already: to give it another password: atsn password change")
    library()
    known = known_password(home, call.passwords())
    new = _new(new_password_file) if new_password_file or known is None else known
    _answer(call, await change_password(home, None, new, call.actor()), "the database is encrypted now")
    if known != new:
        call.warn(_to_do("finds no password" if known is None else "finds another password"))


@command(app, "change")
async def change(call: Call, new_password_file: NewFileOption = None) -> None:
    """Give the encrypted database another password; every page is encrypted anew.

    Nobody else may have the node open meanwhile. The old password comes from where it always does.
    """
    from atsn_tui.node.password import change_password, known_password

    home = call.home()
    old = await _old(call)
    new = _new(new_password_file)
    _answer(call, await change_password(home, old, new, call.actor()), "the database has its new password")
    if known_password(home, call.passwords()) not in (None, new):
        call.warn(_to_do("finds the old password"))


@command(app, "remove")
async def remove(call: Call, yes: YesOption = False) -> int:
    """Decrypt the database, and every copy of it in the home.

    Nobody else may have the node open meanwhile.
    """
    from atsn_tui.cli.confirming import may_remove
    from atsn_tui.node.password import change_password

    old = await _old(call)
    if not await may_remove(call, "the encryption of this node's database", yes):
        return 1
    _answer(
        call,
        await change_password(call.home(), old, None, call.actor()),
        "the database is not encrypted any more",
    )
    return 0


async def _old(call: Call) -> str:
    from atsn_tui.cli.passwords import ask, may_type
    from atsn_tui.errors import Refused
    from atsn_tui.node.password import is_encrypted, known_password
    from atsn_tui.store.database.access import HOW

    home = call.home()
    home.check()
    old = known_password(home, call.passwords())
    if old is None and may_type():
        old = await ask("")
    if old is None:
        if not is_encrypted(home):
            raise BadInput("the database is not encrypted: to encrypt it: atsn password set")
        raise Refused(f"the database {home.database} is encrypted, and there is no password for it: {HOW}")
    return old


def _new(file: str | None) -> str:
    from atsn_tui.cli.passwords import ask_new
    from atsn_tui.home.password import read_password

    return ask_new() if file is None else read_password(file)


def _to_do(what: str) -> str:
    return (
        f"a service of this node {what}: write the new one into the file that it reads, or name such a file by"
        " password_file in config.toml"
    )


def _answer(call: Call, done: "SealedView", line: str) -> None:
    call.say(f"{line}: {', '.join(done.files)}", done)
    if done.skipped:
        call.warn(f"encrypted with another password, and left so: {', '.join(done.skipped)}")
    if done.plain:
        call.warn(f"not encrypted, because only the database is: {', '.join(done.plain)}")
