"""The merge: a pure function from two sides and a mode to a plan."""

from atsn_tui.merge.plan import after, apply_rows, left_alone, plan

__all__ = ["after", "apply_rows", "left_alone", "plan"]
