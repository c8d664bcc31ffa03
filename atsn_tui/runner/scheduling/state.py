"""Everything that the parts of a scheduler share while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field

from atsn_tui.model.run import GroupHere, Hold
from atsn_tui.model.text import new_id
from atsn_tui.runner.scheduling.active import Active
from atsn_tui.runner.scheduling.agenda import Agenda
from atsn_tui.runner.scheduling.batch import Batch
from atsn_tui.runner.scheduling.book import Book
from atsn_tui.runner.scheduling.entry import Begun, Entry
from atsn_tui.runner.scheduling.group import Group
from atsn_tui.runner.scheduling.place import Allowed, Limits, Place
from atsn_tui.store.instants import Key

Item = Key | str
"""What stands in the agenda: a task, or a run that waits for its time."""


@dataclass
class State:
    """One scheduler at work. Whoever changes it adds the same change to the batch."""

    place: Place
    limits: Limits
    allowed: Allowed
    begun: Begun
    book: Book
    agenda: Agenda[Item] = field(default_factory=Agenda)
    active: Active = field(default_factory=Active)
    batch: Batch = field(default_factory=Batch)
    now: int = 0
    """The moment of this turn, in µs."""
    holds: dict[tuple[str, str], Hold] = field(default_factory=dict)
    """By group and task; empty ids stand for all."""
    here: dict[str, GroupHere] = field(default_factory=dict)
    to_plan: dict[Key, Entry] = field(default_factory=dict)
    """Tasks of which it must be found out what is next."""
    fired: dict[Key, frozenset[str]] = field(default_factory=dict)
    """The `@startup` schedules that were handled since the service started."""
    present: set[str] = field(default_factory=set)
    """The groups that were there then: one that came later, or took another id, has no such start to run for."""
    room: bool = False
    """Whether runs that wait may be able to begin now."""
    touched: set[Key] = field(default_factory=set)
    """Tasks with new records, among which some may have to go."""
    new_id: Callable[[], str] = new_id

    def plan(self, entry: Entry) -> None:
        """Find out soon what is next for the task; until then nothing is."""
        entry.next = None
        self.agenda.remove(entry.key)
        self.to_plan[entry.key] = entry

    def group_of(self, entry: Entry) -> Group:
        """The task's group."""
        return self.book.groups[entry.key[0]]

    def hold_on(self, key: Key) -> tuple[str, Hold] | None:
        """What pauses the task now: the word for what is held, and the hold."""
        if not self.holds:
            return None
        for what, place in (("the task", key), ("its group", (key[0], "")), ("the node", ("", ""))):
            hold = self.holds.get(place)
            if hold is not None and hold.active(self.now):
                return what, hold
        return None
