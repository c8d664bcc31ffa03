"""Where things of the runner lie in a home. Plain strings: the keeper uses this too."""

import os


def keeper_socket(home: str) -> str:
    """The socket on which the keeper listens."""
    return os.path.join(home, "keeper")


def keeper_lock(home: str) -> str:
    """Held by the living keeper, whose process number is in it."""
    return os.path.join(home, "keeper.lock")


def keeper_log(home: str) -> str:
    """What the keeper says when something is wrong with itself. Usually empty."""
    return os.path.join(home, "keeper.log")


def runs_directory(home: str) -> str:
    """Where runs have their files."""
    return os.path.join(home, "runs")


def journal_file(home: str) -> str:
    """Where the keeper writes down which runs began and how they ended."""
    return os.path.join(home, "runs", "journal")


def output_file(home: str, run: str) -> str:
    """What a run printed: its beginning and, if it was too much, the last part."""
    return os.path.join(home, "runs", f"{run}.out")


def check_run_id(run: str) -> None:
    """Raise ValueError unless `run` can be the name of a file."""
    if (
        not run
        or len(run) > 100
        or not all(char.isalnum() or char in "-_" for char in run)
        or not run.isascii()
    ):
        raise ValueError(f"run id {run!r} is no name: use letters, digits, - and _")
