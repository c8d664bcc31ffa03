"""The runs that have not ended: those that run, and those that wait, in the order in which they came."""

from collections.abc import Iterator

from atsn_tui.model.run import Run
from atsn_tui.model.task import Task
from atsn_tui.store.instants import Key


class Live:
    """A run on its way, with the version of the task that it began with."""

    __slots__ = ("order", "run", "task")

    def __init__(self, run: Run, task: Task, order: int) -> None:
        self.run = run
        self.task = task
        self.order = order

    @property
    def key(self) -> Key:
        """Its group and task."""
        return (self.run.group_id, self.run.task_id)

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.run.state == "queued"


class Active:
    """All of them, counted by task and by group."""

    def __init__(self) -> None:
        self._all: dict[str, Live] = {}
        self._of_task: dict[Key, dict[str, Live]] = {}
        self._waiting: dict[str, Live] = {}
        self._running_in: dict[str, int] = {}
        self._running = 0
        self._count = 0

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._all.values()))

    @property
    def running(self) -> int:
        """How many have begun."""
        return self._running

    def running_in(self, group_id: str) -> int:
        """How many of a group have begun."""
        return self._running_in.get(group_id, 0)

    def get(self, run_id: str) -> Live | None:
        """The run of that id, if it has not ended."""
        return self._all.get(run_id)

    def of_task(self, key: Key) -> list[Live]:
        """The task's runs, oldest first."""
        return list(self._of_task.get(key, {}).values())

    def waiting(self) -> list[Live]:
        """The runs that wait, oldest first."""
        return list(self._waiting.values())

    def counts(self, key: Key, before: Live | None = None) -> tuple[int, int]:
        """How many runs of the task have begun, and how many wait; with `before`, only those that came earlier."""
        running = waiting = 0
        for live in self._of_task.get(key, {}).values():
            if live is before:
                continue
            if not live.waits:
                running += 1
            elif before is None or live.order < before.order:
                waiting += 1
        return running, waiting

    def add(self, run: Run, task: Task) -> Live:
        """A new run."""
        self._count += 1
        live = Live(run, task, self._count)
        self._all[run.id] = live
        self._of_task.setdefault(live.key, {})[run.id] = live
        if live.waits:
            self._waiting[run.id] = live
        else:
            self._count_running(run.group_id, 1)
        return live

    def change(self, live: Live, run: Run, task: Task | None = None) -> None:
        """The run is in another state, and has not ended."""
        waited = live.waits
        live.run = run
        live.task = task or live.task
        if waited and not live.waits:
            del self._waiting[run.id]
            self._count_running(run.group_id, 1)

    def remove(self, live: Live) -> None:
        """The run has ended."""
        run_id = live.run.id
        del self._all[run_id]
        of_task = self._of_task[live.key]
        del of_task[run_id]
        if not of_task:
            del self._of_task[live.key]
        if self._waiting.pop(run_id, None) is None:
            self._count_running(live.run.group_id, -1)

    def _count_running(self, group_id: str, by: int) -> None:
        self._running += by
        self._running_in[group_id] = self._running_in.get(group_id, 0) + by
        if not self._running_in[group_id]:
            del self._running_in[group_id]
