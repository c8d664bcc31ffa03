"""A task as the scheduler keeps it: small, because there may be 100,000."""

import sys
from typing import Literal, NamedTuple

from atsn_tui.errors import BadInput
from atsn_tui.model.codec import decode_task
from atsn_tui.model.dates import SECOND, to_micros
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.progress import Stretches, cursor, handled_until
from atsn_tui.runner.scheduling.times import Times
from atsn_tui.schedule import After
from atsn_tui.schedule.follows import afters
from atsn_tui.store.instants import Key, Timing
from atsn_tui.store.tasks import TaskRow

_AHEAD = 400 * 86_400_000_000
"""How far days off are looked for, in µs, when nothing is due any more."""


class Event(NamedTuple):
    """What happens next to a task."""

    kind: Literal["due", "day_off", "startup", "reboot"]
    at: int
    """The due time."""
    fire: int
    """When it is acted on: later by the jitter."""


class Begun(NamedTuple):
    """When the service started, and when it first did since the machine booted; in µs."""

    service: int
    boot: int


class Entry:
    """One task of one group."""

    __slots__ = (
        "afters",
        "body",
        "boot_due",
        "edited",
        "fingerprint",
        "folder",
        "key",
        "name",
        "next",
        "origin",
        "over",
        "position",
        "problem",
        "stretches",
        "times",
    )

    def __init__(self, key: Key, row: TaskRow) -> None:
        self.key = key
        self.take_over(row)
        self.name = self.folder = ""
        self.afters: tuple[After, ...] = ()
        self.times: Times | None = None
        self.problem = ""
        """Why its schedule cannot be read here."""
        self.stretches: Stretches = ()
        self.edited = 0
        self.boot_due: int | None = None
        """Up to which due time `@reboot` was handled under this boot."""
        self.over = False
        self.position = 0
        """The moment after which due times count."""
        self.next: Event | None = None

    @property
    def task(self) -> Task:
        """What it says, decoded each time."""
        return decode_task(self.body)

    @property
    def path(self) -> str:
        """Folder and name."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def take_over(self, row: TaskRow) -> None:
        """The task was changed."""
        self.body, self.fingerprint, self.origin = row.record.body, row.record.fingerprint, row.origin

    def know(self, timing: Timing, boot_id: str) -> None:
        """What was stored of its times."""
        self.edited = timing.edited or 0
        self.boot_due = timing.boot_due if timing.boot_id == boot_id else None
        self.over = timing.over

    def plan(self, task: Task, holidays: Holidays, place: Place) -> None:
        """Read its schedules anew."""
        self.name, self.folder, self.afters = task.name, sys.intern(task.folder), afters(task)
        try:
            self.times = Times(task, holidays, place.zone, self.key[1], place.node_id)
            self.problem = ""
        except BadInput as error:
            self.times, self.problem = None, str(error)

    def advance(self, now: int, begun: Begun, fired: frozenset[str] = frozenset()) -> Event | None:
        """Find out what is next. `fired` are the `@startup` schedules that were handled since the service started."""
        self.position = cursor(self.stretches, self.edited, now)
        found = (
            []
            if self.times is None
            else [*self._timed(self.times), *self._started(self.times, begun, fired, now)]
        )
        self.next = min(found, key=_fire, default=None)
        return self.next

    def following(self, after: int) -> int | None:
        """The first due time later than `after` that has not been handled."""
        while self.times is not None and (due := self.times.due(after)) is not None:
            until = handled_until(self.stretches, due)
            if until is None:
                return due
            after = until
        return None

    def days_off(self, until: int, most: int) -> list[tuple[int, str]]:
        """Times later than the position and up to `until` that fall on days off, with the reasons."""
        found: list[tuple[int, str]] = []
        if self.times is None:
            return found
        for skipped in self.times.skipped(self.position, until):
            at = to_micros(skipped.at)
            if handled_until(self.stretches, at) is None:
                moved = "" if skipped.moved_to is None else ", so it runs on the next workday"
                found.append((at, skipped.reason + moved))
                if len(found) >= most:
                    break
        return found

    def _timed(self, times: Times) -> list[Event]:
        due = self.following(self.position)
        found = [] if due is None else [Event("due", due, due + times.jitter)]
        if times.with_days_off:
            until = self.position + _AHEAD if due is None else due - 1
            found += [Event("day_off", at, at + times.jitter) for at, _ in self.days_off(until, 1)]
        return found

    def _started(self, times: Times, begun: Begun, fired: frozenset[str], now: int) -> list[Event]:
        found: list[Event] = []
        # An edit that seems to lie in the future is old: a machine without a clock of its own starts in the past.
        edited = self.edited if self.edited <= now else 0
        for startup in times.startups:
            since = begun.boot if startup.once_per_boot else begun.service
            due = since + startup.delay * SECOND
            handled = (
                self.boot_due is not None and due <= self.boot_due
                if startup.once_per_boot
                else startup.text in fired
            )
            if edited <= since and not handled:
                found.append(Event("reboot" if startup.once_per_boot else "startup", due, due))
        return found


def _fire(event: Event) -> int:
    return event.fire
