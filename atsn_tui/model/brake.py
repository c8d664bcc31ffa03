"""The brake: what makes a receiver hold a plan, and what a person may allow past it."""

from typing import Literal

from msgspec import Struct

BrakeCode = Literal["deletions", "emptied", "restored", "future", "other_primary"]


class Brake(Struct, frozen=True, kw_only=True):
    """One reason why the receiver holds a plan."""

    code: BrakeCode
    text: str


class Allowance(Struct, frozen=True, kw_only=True):
    """What a person allows for one plan."""

    deletions: int = 0
    """Up to this many deletions."""
    restored: bool = False
    """A primary whose history went back, as after a restore or a clone."""
    future: bool = False
    """Dates in the future."""
    other_primary: bool = False
    """A group that follows another primary."""
