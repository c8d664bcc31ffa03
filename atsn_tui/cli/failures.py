"""How a command fails: one message on stderr, and the exit code that belongs to it."""

import os
import shutil
import sys
import textwrap
import traceback

import typer
from typer.core import TyperGroup

from atsn_tui.cli.answers import print_error_json
from atsn_tui.cli.text.clean import clean
from atsn_tui.errors import AtsnError, BadInput

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
    if message == "Missing command." and isinstance(context.command, TyperGroup):
        message = f"Missing command: one of {', '.join(context.command.list_commands(context))}."
    return f"{message} See: {context.command_path} --help"


def _our_fault(error: Exception) -> str:
    told = f"{type(error).__name__}: {error}".rstrip(": ")
    return (
        f"this is a fault of ATSN itself, not of what you asked for: {told}. "
        "Run the same command with ATSN_DEBUG=1 to see where it happened."
    )
