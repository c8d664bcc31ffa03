"""How many records are kept, and how long."""

from msgspec import Struct

DAY = 86_400_000_000


class Retention(Struct, frozen=True, kw_only=True):
    """What is kept of runs and decisions. Runs that go take their output along."""

    runs_per_task: int = 100
    """The latest runs of each task."""
    runs: int = 100_000
    """The latest runs of all tasks."""
    days: int = 90
    """Nothing older."""
    decisions_per_task: int = 100
    decisions: int = 100_000
