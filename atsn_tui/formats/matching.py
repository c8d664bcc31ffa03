"""Pairing what was imported before with what the same source holds now."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise


class Pairing:
    """Old and new items by their positions, paired step by step; each takes part in one pair at most."""

    def __init__(self, old_lines: Sequence[int], new_lines: Sequence[int]) -> None:
        self.pairs: dict[int, int] = {}
        """The old item's position for each new item that has a partner."""
        self._old_lines = old_lines
        self._new_lines = new_lines
        self._taken: set[int] = set()

    @property
    def free_old(self) -> list[int]:
        """Positions of old items without a partner."""
        return [old for old in range(len(self._old_lines)) if old not in self._taken]

    @property
    def free_new(self) -> list[int]:
        """Positions of new items without a partner."""
        return [new for new in range(len(self._new_lines)) if new not in self.pairs]

    def pair(
        self,
        old_key: Callable[[int], Hashable],
        new_key: Callable[[int], Hashable],
        wanted: Callable[[int], bool],
    ) -> None:
        """Pair the free items that have the same key: those on the same line first, then the nearest ones.

        Only old items that are `wanted` take part.
        """
        olds: dict[Hashable, list[int]] = defaultdict(list)
        for old in sorted(filter(wanted, self.free_old), key=self._line):
            olds[old_key(old)].append(old)
        news = [(new, olds[new_key(new)]) for new in self.free_new if new_key(new) in olds]
        for new, candidates in news:
            place = bisect_left(candidates, self._new_lines[new], key=self._line)
            if place < len(candidates) and self._line(candidates[place]) == self._new_lines[new]:
                self._take(candidates.pop(place), new)
        for new, candidates in news:
            if new not in self.pairs and candidates:
                self._take(candidates.pop(self._nearest(candidates, self._new_lines[new])), new)

    def pair_in_place(self, wanted: Callable[[int], bool]) -> None:
        """Pair a free new item and a free old one of which each stands alone between the same two pairs.

        The beginning and the end count as pairs. Only old items that are `wanted` take part.
        """
        order = sorted(range(len(self._old_lines)), key=self._line)
        place = {old: at for at, old in enumerate(order)}
        places = {new: place[old] for new, old in self.pairs.items()}
        places |= {-1: -1, len(self._new_lines): len(order)}
        for before, after in pairwise(sorted(places)):
            between = order[places[before] + 1 : places[after]]
            alone = [old for old in between if old not in self._taken]
            if after - before == 2 and len(alone) == 1 and wanted(alone[0]):
                self._take(alone[0], before + 1)

    def _nearest(self, candidates: list[int], line: int) -> int:
        """The place of the candidate nearest to a line, the earlier one of two."""
        place = bisect_left(candidates, line, key=self._line)
        if place == len(candidates):
            return place - 1
        if place and line - self._line(candidates[place - 1]) <= self._line(candidates[place]) - line:
            return place - 1
        return place

    def _line(self, old: int) -> int:
        return self._old_lines[old]

    def _take(self, old: int, new: int) -> None:
        self._taken.add(old)
        self.pairs[new] = old
