"""`after TASK`: which task is meant, which tasks follow which, and circles."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from atsn_tui.errors import BadInput
from atsn_tui.model.run import FAILURES, RunState
from atsn_tui.model.task import Task
from atsn_tui.schedule import After, parse


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
        near = self._by_path.get(f"{folder}/{text}", []) if folder else []
        found = near or self._by_path.get(text, []) or self._by_name.get(text, [])
        if not found:
            raise BadInput(f"there is no task {text!r} in the group: name one that is there")
        if len(found) > 1:
            raise BadInput(
                f"{len(found)} tasks of the group are called {text!r}: name it with its folder, or rename one"
            )
        return found[0]


class Waiting(NamedTuple):
    """A task that follows others."""

    folder: str
    afters: tuple[After, ...]


def afters(task: Task) -> tuple[After, ...]:
    """The `after` schedules of a task. What cannot be read is left out."""
    found: list[After] = []
    for text in task.schedules:
        if text.lstrip()[:5].lower() == "after":
            try:
                schedule = parse(text)
            except BadInput:
                continue
            if isinstance(schedule, After):
                found.append(schedule)
    return tuple(found)


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


def find_circle(tasks: Mapping[str, Task]) -> tuple[str, ...] | None:
    """The ids of tasks of which each follows the one before it, and the first the last; None: there are none."""
    followers = follows(tasks).followers
    done: set[str] = set()
    for first in followers:
        circle = _circle_from(first, followers, done)
        if circle:
            return circle
    return None


def check_circle(tasks: Mapping[str, Task]) -> None:
    """BadInput if tasks of this group follow each other in a circle; it says who follows whom."""
    circle = find_circle(tasks)
    if circle is None:
        return
    if len(circle) == 1:
        raise BadInput(f"task {tasks[circle[0]].path!r} is to run after itself: name another task")
    chain = ", ".join(
        f"{tasks[later].path!r} after {tasks[earlier].path!r}"
        for earlier, later in zip(circle, (*circle[1:], circle[0]), strict=True)
    )
    raise BadInput(f"these tasks wait for each other in a circle: {chain}; take one of these schedules out")


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
