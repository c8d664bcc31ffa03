"""Letting go of what a copied home says of jobs: they are those of the node that it was copied from."""

from pathlib import Path

from atsn_tui.home import locks
from atsn_tui.home.trouble import explain
from atsn_tui.runner.places import journal_file, keeper_lock

_PATIENCE = 2.0
"""Seconds for an idle keeper to leave."""


def forget_jobs(home: Path) -> None:
    """Have the next keeper of the home follow none of them. Refused: one lives there, with jobs that run."""
    told = "jobs still run, whose keeper must have left first: "
    with locks.exclusive(Path(keeper_lock(str(home))), _PATIENCE, told=told):
        journal = Path(journal_file(str(home)))
        try:
            journal.unlink(missing_ok=True)
        except OSError as error:
            raise explain("cannot remove", journal, error) from error
