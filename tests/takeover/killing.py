"""A process that takes over and gives back on many machines, and is killed at another step on each.

`python -m tests.takeover.killing DIRECTORY HOME`: for each case makes DIRECTORY/ACTION-KIND-STEP with a machine and
a copy of the node at HOME, and carries out the action in a process that kills itself with SIGKILL at that step.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.home.crontab_files import Place
from atsn_tui.home.home import Home
from atsn_tui.node.node import Node
from atsn_tui.node.takeover.hands import Step, quiet
from atsn_tui.node.takeover.taking import Wish
from tests.nodes import ADA
from tests.takeover.conftest import TABLE, Cron, make_cron, use

KINDS = ("system", "user")
OWN_TABLE = "# words\n@daily df\n0 3 * * * du\n"
STEPS = {
    "take": ("imported", "waiting", "saved", "begun", "written", "followed", "done"),
    "give": ("waiting", "saved", "begun", "written", "followed", "done"),
}
CASES = [(action, kind, step) for action, steps in STEPS.items() for kind in KINDS for step in steps]


def directory_of(base: Path, case: tuple[str, str, str]) -> Path:
    """Where a case has its machine and its node."""
    return base / "-".join(case)


def place_of_kind(cron: Cron, kind: str) -> Place:
    """The crontab of a machine that is taken over."""
    return cron.site if kind == "system" else cron.own


def table_of_kind(kind: str) -> str:
    """What stands in it at first."""
    return TABLE if kind == "system" else OWN_TABLE


def main(base: Path, home: Path) -> None:
    """Play all cases."""
    for case in CASES:
        _play(directory_of(base, case), home, *case)


def _play(directory: Path, home: Path, action: str, kind: str, step: str) -> None:
    cron = make_cron(directory / "machine")
    shutil.copytree(home, directory / "home")
    place = cron.write(TABLE) if kind == "system" else cron.write_own(OWN_TABLE)
    if action == "give":
        assert _forked(cron, directory, lambda node: _act(node, "take", place, quiet)) == 0
    killed = _forked(cron, directory, lambda node: _act(node, action, place, _killer(step)))
    assert killed == -signal.SIGKILL, (directory.name, killed)


async def _act(node: Node, action: str, place: Place, step: Step) -> None:
    if action == "take":
        await node.takeover.take(place, Wish(), without_service=True, step=step)
    else:
        await node.takeover.give([place.source], step=step)


def _killer(wanted: str) -> Step:
    async def step(name: str) -> None:
        await quiet(name)
        if name == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _forked(cron: Cron, directory: Path, act: Callable[[Node], Coroutine[Any, Any, Any]]) -> int:
    """Act on a node in a process of its own; its exit code, or the signal that ended it, below 0."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            use(cron, pytest.MonkeyPatch())
            asyncio.run(_opened(directory, act))
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


async def _opened(directory: Path, act: Callable[[Node], Coroutine[Any, Any, Any]]) -> None:
    async with Node.open(Home(directory / "home"), ADA) as node:
        await act(node)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
