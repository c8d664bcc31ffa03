"""What is paused, as a person reads it."""

import shlex
from collections.abc import Iterable

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import full
from atsn_tui.cli.text.tables import table
from atsn_tui.node.runs.views import HoldView


def print_holds(console: Console, views: Iterable[HoldView]) -> None:
    """Print everything that is paused."""
    rows = [("‖", _what(view), _until(view), view.who or "–", view.note) for view in views]
    if not rows:
        console.print("nothing is held on this node")
        return
    console.print(table(("", "HELD", "UNTIL", "BY", "NOTE"), rows, whole=("",)))


def held(view: HoldView) -> str:
    """That it is paused, and how to end that."""
    named = "" if view.scope == "node" else f" {shlex.quote(view.name)}"
    return clean(f"{_what(view)} is held until {_until(view)}; to release it: atsn release{named}")


def released(view: HoldView) -> str:
    """That it is not paused any more."""
    what = f"{_what(view)} is released"
    if view.intake and not view.at:
        what = f"{_what(view)} takes again what peers bring"
    elif view.intake:
        what += ", and takes again what peers bring"
    return clean(what)


def _what(view: HoldView) -> str:
    return "the whole node" if view.scope == "node" else view.name


def _until(view: HoldView) -> str:
    return full(view.until) if view.until else "it is released"
