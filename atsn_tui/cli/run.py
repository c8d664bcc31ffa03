"""Runs a command and turns whatever happens into an exit code."""

import os
import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from atsn_tui.cli.app import app
from atsn_tui.cli.failures import BROKEN_PIPE, report
from atsn_tui.cli.text.encoding import prepare

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def run(words: list[str]) -> int:
    """Run the command line with these words; the exit code."""
    prepare(sys.stdout)
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    return code


def wants_json(words: Sequence[str]) -> bool:
    """Whether `--json` is among the options, even where the rest makes no sense."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _run(words: list[str]) -> int:
    try:
        result = get_command(app).main(words, prog_name="atsn", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        sys.stdout.flush()
        return report(error, wants_json(words))
    return result if isinstance(result, int) else 0


def _silence() -> None:
    # What is still buffered would fail again when the interpreter closes stdout.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    os.close(quiet)
