"""The merge: a pure function from two sides and a mode to a plan."""

from atsn_tui.merge.plan import apply_rows, plan

__all__ = ["apply_rows", "plan"]
