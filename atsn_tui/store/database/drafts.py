"""Copies of the database in the home, and drafts that a killed process left there."""

from contextlib import suppress
from pathlib import Path

from atsn_tui.home import restoring
from atsn_tui.home.home import Home

DRAFT = ".draft"
"""The ending of a file that is being written beside the one that it is to replace."""


def draft_of(path: Path) -> Path:
    """Where the successor of a file is written."""
    return path.with_name(path.name + DRAFT)


def sweep(home: Home) -> None:
    """Remove drafts, and what a restore gathered.

    Under `open.lock`, shared or not: who writes them holds it alone, so these are dead.
    """
    restoring.drop(home.path)
    for pattern in (f"{home.database.name}*{DRAFT}*", f"before-*/{home.database.name}*{DRAFT}*"):
        for path in home.path.glob(pattern):
            with suppress(OSError):
                path.unlink()


def copies(home: Home) -> list[Path]:
    """Every whole copy of the database that lies in the home, sorted: those from before migrations and restores."""
    found = home.path.glob(f"{home.database.name}.before-*")
    kept = home.path.glob(f"before-*/{home.database.name}")
    return sorted(
        path
        for path in (*found, *kept)
        if path.is_file() and not path.name.endswith((DRAFT, ".new", "-journal"))
    )
