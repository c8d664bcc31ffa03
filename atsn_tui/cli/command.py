"""What every verb is made of: an async function, with `--home` and `--json` added and its answer printed."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer
from typer.core import TyperCommand

from atsn_tui.cli.answers import print_error_json, print_json, print_text
from atsn_tui.cli.failures import BROKEN_PIPE, warn
from atsn_tui.cli.options import HomeOption, JsonOption
from atsn_tui.cli.root import Root

if TYPE_CHECKING:
    from rich.console import Console

    from atsn_tui.home.home import Home
    from atsn_tui.home.password import Passwords
    from atsn_tui.model.result import ErrorView
    from atsn_tui.node.actor import Actor
    from atsn_tui.node.node import Node

P = ParamSpec("P")
Verb = Callable[Concatenate["Call", P], Awaitable[int | None]]


class Call:
    """One call of a verb: which node is meant, and how to answer."""

    def __init__(self, home: str | None, as_json: bool, password_file: str | None = None) -> None:
        self.home_option = home
        self.as_json = as_json
        self._password_file = password_file
        # At once, whatever the verb does: no program that it starts is to find ATSN_PASSWORD.
        self._given = os.environ.pop("ATSN_PASSWORD", None)

    def home(self) -> "Home":
        """The directory of the node that is meant."""
        from atsn_tui.home.home import Home

        return Home.resolve(self.home_option, os.environ)

    def actor(self) -> "Actor":
        """Who calls."""
        from atsn_tui.node.actor import Actor

        return Actor.of(os.environ, "cli")

    def passwords(self) -> "Passwords":
        """Where an encrypted node's password may come from, apart from a person."""
        from atsn_tui.home.password import Passwords

        return Passwords(self._password_file, os.environ, self._given)

    @asynccontextmanager
    async def node(self) -> AsyncIterator["Node"]:
        """The node that is meant, open."""
        from atsn_tui.cli.passwords import ask, may_type
        from atsn_tui.node.node import Node

        asking = ask if may_type() else None
        async with Node.open(self.home(), self.actor(), self.passwords(), asking) as node:
            yield node

    def answer(self, data: Any, text: "Callable[[Console], None]") -> None:
        """Print the data as JSON if that is asked for, else let `text` write it."""
        if self.as_json:
            print_json(data)
        else:
            print_text(text)

    def say(self, line: str, data: Any) -> None:
        """Answer with one line, or with the data as JSON."""
        from atsn_tui.cli.text.clean import clean

        self.answer(data, lambda console: console.print(clean(line), soft_wrap=True))

    def fail(self, error: "ErrorView") -> None:
        """Tell an error on stderr that the answer holds as well."""
        if self.as_json:
            print_error_json("error", error.code, error.message)

    def warn(self, message: str) -> None:
        """Tell a warning on stderr."""
        warn(message, self.as_json)


def command(
    app: typer.Typer,
    name: str,
    *,
    json: bool = True,
    home: bool = True,
    cls: type[TyperCommand] | None = None,
) -> Callable[[Verb[P]], Verb[P]]:
    """Register an async function as a command. It gets a Call first and may return an exit code.

    `--home` and `--json` are added to its options unless the command says no to them. `cls` makes its help.
    """

    def register(verb: Verb[P]) -> Verb[P]:
        def run(ctx: typer.Context, **values: Any) -> None:
            after_verb, root = values.pop("home", None), ctx.find_root().obj or Root()
            named = root.home if after_verb is None else after_verb
            call = Call(named, values.pop("as_json", False), root.password_file)
            # Typer passes what the verb's own signature says.
            code = _run(verb(call, **values))  # type: ignore[call-arg]
            if code:
                raise typer.Exit(code)

        parameters = _parameters(verb, json, home)
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__doc__ = verb.__doc__
        run.__name__ = name
        app.command(name, cls=cls)(run)
        return verb

    return register


def _parameters(verb: Callable[..., Any], json: bool, home: bool) -> list[inspect.Parameter]:
    _, *own = inspect.signature(verb).parameters.values()
    kind = inspect.Parameter.KEYWORD_ONLY
    added = []
    if json:
        added.append(inspect.Parameter("as_json", kind, default=False, annotation=JsonOption))
    if home:
        added.append(inspect.Parameter("home", kind, default=None, annotation=HomeOption))
    context = inspect.Parameter("ctx", kind, annotation=typer.Context)
    return [context, *(parameter.replace(kind=kind) for parameter in own), *added]


def _run(verb: Awaitable[int | None]) -> int | None:
    async def to_the_end() -> int | None:
        return await verb

    try:
        return asyncio.run(to_the_end())
    except BrokenPipeError as error:
        raise typer.Exit(BROKEN_PIPE) from error
