"""What comes next: one heap for everything, of which only the first entry is ever waited for."""

import heapq
from typing import Generic, TypeVar

K = TypeVar("K")


class Agenda(Generic[K]):
    """Each key at one moment, in µs. Entries that were moved or removed stay in the heap until they surface."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, K]] = []
        self._current: dict[K, tuple[int, int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._current)

    def put(self, key: K, moment: int) -> None:
        """Put a key at a moment, whatever moment it had."""
        self._count += 1
        self._current[key] = (moment, self._count)
        heapq.heappush(self._heap, (moment, self._count, key))
        if len(self._heap) > 2 * len(self._current) + 1000:
            self._heap = [(moment, count, key) for key, (moment, count) in self._current.items()]
            heapq.heapify(self._heap)

    def remove(self, key: K) -> None:
        """Forget a key, if it is there."""
        self._current.pop(key, None)

    def first(self) -> int | None:
        """The earliest moment."""
        while self._heap:
            moment, count, key = self._heap[0]
            if self._current.get(key) == (moment, count):
                return moment
            heapq.heappop(self._heap)
        return None

    def take(self, until: int, most: int) -> list[K]:
        """Take out the keys up to a moment, earliest first, at most so many."""
        taken: list[K] = []
        while len(taken) < most and (moment := self.first()) is not None and moment <= until:
            key = heapq.heappop(self._heap)[2]
            del self._current[key]
            taken.append(key)
        return taken
