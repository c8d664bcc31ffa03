"""`after TASK`: which task is meant, which tasks follow which, and circles."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from atsn_tui.errors import BadInput
from atsn_tui.model.nearest import nearest
from atsn_tui.model.run import FAILURES, RunState
from atsn_tui.model.task import Task
from atsn_tui.schedule.kinds import After
from atsn_tui.schedule.parse import parse


class Follower(NamedTuple):
    """A task that is to run when another has ended."""

    task_id: str
    after: After

    def wants(self, state: RunState) -> bool:
        """Whether it runs after a run that came to this state."""
        match self.after.on:
            case "any":
                return True
            case "success":
                return state == "ok"
            case "failure":
                return state in FAILURES


class Unclear(NamedTuple):
    """An `after` that names no task, or several."""

    task_id: str
    why: str


class Follows(NamedTuple):
    """Who follows whom in one group."""

    followers: Mapping[str, tuple[Follower, ...]]
    """By the task that is followed."""
    unclear: tuple[Unclear, ...]


class Names:
    """The tasks of a group by what a person calls them."""

    def __init__(self, tasks: Iterable[tuple[str, str, str]]) -> None:
        """From (id, folder, name) of every task."""
        self._by_path: dict[str, list[str]] = {}
        self._by_name: dict[str, list[str]] = {}
        for task_id, folder, name in tasks:
            self._by_path.setdefault(f"{folder}/{name}" if folder else name, []).append(task_id)
            self._by_name.setdefault(name, []).append(task_id)

    def find(self, text: str, folder: str) -> str:
        """The task that `after text` means for a task in `folder`. BadInput: none, or several.

        A task in the same folder comes first, then FOLDER/NAME, then the only one of that name in the group.
        """
        found = self.fits(text, folder)
        if not found:
            raise BadInput(f"there is no task {text!r} in the group: name one that is there")
        if len(found) > 1:
            raise BadInput(
                f"{len(found)} tasks of the group are called {text!r}: name it with its folder, or rename one"
            )
        return found[0]

    def fits(self, text: str, folder: str) -> list[str]:
        """All tasks that `after text` could mean for a task in `folder`."""
        near = self._by_path.get(f"{folder}/{text}", []) if folder else []
        return near or self._by_path.get(text, []) or self._by_name.get(text, [])

    def only(self, text: str, folder: str) -> str | None:
        """The task that it means; None: none, or several."""
        found = self.fits(text, folder)
        return found[0] if len(found) == 1 else None

    def nearest(self, text: str) -> list[str]:
        """The paths most like it."""
        return nearest(text, self._by_path, 5, 0.5)


class Waiting(NamedTuple):
    """A task that follows others."""

    folder: str
    afters: tuple[After, ...]


def afters(task: Task) -> tuple[After, ...]:
    """The `after` schedules of a task. What cannot be read is left out."""
    return afters_of(task.schedules)


def afters_of(schedules: Iterable[str]) -> tuple[After, ...]:
    """Those of the schedules that follow a task. What cannot be read is left out."""
    return tuple(after for text in schedules if (after := after_of(text)) is not None)


def after_of(text: str) -> After | None:
    """The schedule, if it follows a task and can be read."""
    if text.lstrip()[:5].lower() != "after":
        return None
    try:
        schedule = parse(text)
    except BadInput:
        return None
    return schedule if isinstance(schedule, After) else None


def resolve(names: Names, waiting: Mapping[str, Waiting]) -> Follows:
    """Who follows whom, of the tasks that follow others, by their ids."""
    followers: dict[str, tuple[Follower, ...]] = {}
    unclear: list[Unclear] = []
    for task_id, each in waiting.items():
        for after in each.afters:
            try:
                followed = names.find(after.task, each.folder)
            except BadInput as error:
                unclear.append(Unclear(task_id, f"{after.text!r}: {error}"))
            else:
                followers[followed] = (*followers.get(followed, ()), Follower(task_id, after))
    return Follows(followers, tuple(unclear))


def follows(tasks: Mapping[str, Task]) -> Follows:
    """Who follows whom among the tasks of one group, by their ids."""
    waiting = {
        task_id: Waiting(task.folder, found) for task_id, task in tasks.items() if (found := afters(task))
    }
    return resolve(Names((task_id, task.folder, task.name) for task_id, task in tasks.items()), waiting)


def find_circle(followers: Mapping[str, Iterable[Follower]]) -> tuple[str, ...] | None:
    """The ids of tasks of which each follows the one before it, and the first the last; None: there are none."""
    done: set[str] = set()
    for first in followers:
        circle = _circle_from(first, followers, done)
        if circle:
            return circle
    return None


def told_circle(circle: Iterable[str]) -> str:
    """A circle by the paths of its tasks, each followed by the next: a → b → a."""
    paths = list(circle)
    return " → ".join((*paths, paths[0]))


def _circle_from(
    first: str, followers: Mapping[str, Iterable[Follower]], done: set[str]
) -> tuple[str, ...] | None:
    """A circle that can be reached from `first`; adds to `done` all from which none can."""
    trail: dict[str, None] = {}
    pending: list[tuple[str, bool]] = [(first, True)]
    while pending:
        task_id, enter = pending.pop()
        if not enter:
            del trail[task_id]
            done.add(task_id)
        elif task_id in trail:
            walked = list(trail)
            return tuple(walked[walked.index(task_id) :])
        elif task_id not in done:
            trail[task_id] = None
            pending.append((task_id, False))
            pending += [(each.task_id, True) for each in followers.get(task_id, ())]
    return None
