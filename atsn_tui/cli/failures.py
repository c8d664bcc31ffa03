"""How a command fails: one message on stderr, and the exit code that belongs to it."""

import os
import re
import shutil
import sys
import textwrap
import traceback

import typer
from typer.core import TyperGroup

from atsn_tui.cli.answers import print_error_json
from atsn_tui.cli.text.clean import clean
from atsn_tui.errors import AtsnError, BadInput

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "delete": ("rm",),
    "del": ("rm",),
    "remove": ("rm",),
    "create": ("add",),
    "new": ("add",),
    "ls": ("list",),
    "get": ("show",),
    "info": ("show", "status"),
    "edit": ("set",),
    "change": ("set",),
    "update": ("set",),
    "rename": ("set",),
    "on": ("enable",),
    "off": ("disable",),
    "start": ("run", "serve"),
    "daemon": ("serve",),
    "kill": ("stop",),
    "pause": ("hold",),
    "resume": ("release",),
    "logs": ("log",),
    "sync": ("replicate",),
    "push": ("replicate",),
    "pull": ("replicate",),
    "apply": ("replicate",),
    "check": ("doctor",),
    "revert": ("undo",),
}
"""What other programs call a command, and what it is called here, in whichever family it is."""

BROKEN_PIPE = 141
"""The exit code when the reader of our output went away."""


def report(error: Exception, as_json: bool) -> int:
    """Tell the error on stderr; the exit code that belongs to it."""
    code, message, exit_code = _describe(error)
    if os.environ.get("ATSN_DEBUG") == "1":
        traceback.print_exception(error)
    if as_json:
        print_error_json("error", code, message)
    else:
        print(laid_out(message), file=sys.stderr)
    return exit_code


def warn(message: str, as_json: bool) -> None:
    """Tell a warning on stderr."""
    if as_json:
        print_error_json("warning", "warning", message)
    else:
        print(laid_out(f"warning: {message}"), file=sys.stderr)


def laid_out(message: str) -> str:
    """The message for a person: `atsn: …`, wrapped on a terminal; indented lines stay whole."""
    text = f"atsn: {clean(message, keep_lines=True)}"
    if not sys.stderr.isatty():
        return text
    width = max(40, min(shutil.get_terminal_size().columns, 110) - 1)
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if line.startswith("  "):
        return line
    return textwrap.fill(
        line, width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )


def _describe(error: Exception) -> tuple[str, str, int]:
    if isinstance(error, AtsnError):
        return error.code, error.message, error.exit_code
    if isinstance(error, typer.TyperException):
        return BadInput.code, _usage(error), BadInput.exit_code
    return AtsnError.code, _our_fault(error), AtsnError.exit_code


def _usage(error: typer.TyperException) -> str:
    context: typer.Context | None = getattr(error, "ctx", None)
    message = error.format_message().rstrip().replace(": Value error, ", ": ")
    message = message if message.endswith((".", "?", ")")) else f"{message}."
    if context is None:
        return message
    message = _meant(message, context)
    if message == "Missing command." and isinstance(context.command, TyperGroup):
        message = f"Missing command: one of {', '.join(context.command.list_commands(context))}."
    return f"{message} See: {context.command_path} --help"


def _meant(message: str, context: typer.Context) -> str:
    """The message with the name that a command has here which other programs call as it was typed.

    It goes before the command that is merely spelled most alike.
    """
    typed = re.match(r"No such command '(.+?)'\.", message)
    if typed is None or typed[1] not in ELSEWHERE or not isinstance(context.command, TyperGroup):
        return message
    known = context.command.list_commands(context)
    meant = [f"'{each}'" for each in ELSEWHERE[typed[1]] if each in known]
    return f"{typed[0]} Did you mean {' or '.join(meant)}?" if meant else typed[0]


def _our_fault(error: Exception) -> str:
    told = f"{type(error).__name__}: {error}".rstrip(": ")
    return (
        f"this is a fault of ATSN itself, not of what you asked for: {told}. "
        "Run the same command with ATSN_DEBUG=1 to see where it happened."
    )
