"""The root of the command line: `atsn` itself, with its global options."""

from typing import Annotated

import typer

from atsn_tui.cli.lazy import LazyGroup
from atsn_tui.cli.options import HomeOption, PasswordFileOption
from atsn_tui.cli.root import Root
from atsn_tui.model.version import VERSION

app = typer.Typer(
    name="atsn",
    cls=LazyGroup,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"atsn {VERSION}")
        raise typer.Exit


@app.callback()
def atsn(
    ctx: typer.Context,
    home: HomeOption = None,
    password_file: PasswordFileOption = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Scheduled tasks on every machine you own: previewed, replicated over SSH, applied exactly.

    Without a command, atsn opens the console.
    """
    ctx.obj = Root(home, password_file)
    if ctx.invoked_subcommand is None:
        from atsn_tui.cli.console import open_console

        raise typer.Exit(open_console(home, password_file))
