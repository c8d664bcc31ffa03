"""A group as the scheduler keeps it."""

from collections.abc import Iterator

from atsn_tui.model.codec import decode_settings
from atsn_tui.model.digest import BUCKETS, bucket_of
from atsn_tui.model.settings import Settings
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.pages import Cover
from atsn_tui.schedule.follows import Follows, Names, Waiting, resolve


class Group:
    """One group with its tasks, which stand in the same buckets as in its digest."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.settings: Settings = decode_settings(cover.row.settings.body)
        self.digest = b""
        """The state that was taken over completely."""
        self.replan = False
        """Whether the days off changed, and not all tasks are planned around the new ones yet."""
        self.hashes: list[bytes] = [b""] * BUCKETS
        """Of the buckets, as they were read."""
        self.shelves: list[dict[str, Entry]] = [{} for _ in range(BUCKETS)]
        self._follows: Follows | None = None

    def __iter__(self) -> Iterator[Entry]:
        for shelf in self.shelves:
            yield from shelf.values()

    def __len__(self) -> int:
        return sum(map(len, self.shelves))

    @property
    def id(self) -> str:
        """The group's id."""
        return self.cover.row.id

    @property
    def name(self) -> str:
        """What it is called."""
        return self.cover.row.name

    def get(self, task_id: str) -> Entry | None:
        """The task of that id."""
        return self.shelves[bucket_of(task_id)].get(task_id)

    def forget_follows(self) -> None:
        """A task was added, changed or removed."""
        self._follows = None

    @property
    def follows(self) -> Follows:
        """Who follows whom."""
        if self._follows is None:
            waiting = {each.key[1]: Waiting(each.folder, each.afters) for each in self if each.afters}
            names = ((each.key[1], each.folder, each.name) for each in self)
            self._follows = resolve(Names(names if waiting else ()), waiting)
        return self._follows
