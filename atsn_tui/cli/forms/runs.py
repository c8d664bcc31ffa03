"""Runs, what did not run, holds and explanations as JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from atsn_tui.node.runs.views import DecisionView, HoldView, RunView, WhyView


def run_form(view: RunView) -> dict[str, Any]:
    """One run."""
    form: dict[str, Any] = msgspec.to_builtins(view)
    return form


def runs_form(entries: Sequence[RunView | DecisionView]) -> dict[str, Any]:
    """Runs and due times that did not run, each latest first."""
    return {
        "runs": [run_form(each) for each in entries if isinstance(each, RunView)],
        "skipped": [msgspec.to_builtins(each) for each in entries if isinstance(each, DecisionView)],
    }


def log_form(view: RunView, output: bytes) -> dict[str, Any]:
    """A run with what it printed. `lossy`: parts of that are no UTF-8, and stand there as U+FFFD."""
    text = output.decode(errors="replace")
    return {"run": run_form(view), "output": text, "lossy": text.encode() != output}


def hold_form(view: HoldView) -> dict[str, Any]:
    """One hold."""
    form: dict[str, Any] = msgspec.to_builtins(view)
    return form


def why_form(view: WhyView) -> dict[str, Any]:
    """Why a task runs or does not run."""
    form: dict[str, Any] = msgspec.to_builtins(view)
    return form
