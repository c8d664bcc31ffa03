"""The order of a round: what is planned before what."""

from collections.abc import Iterable
from dataclasses import dataclass

from atsn_tui.model.peer import Link, Peer


@dataclass(frozen=True)
class Target:
    """A link of the round, with its peer and its group's present name."""

    link: Link
    peer: Peer
    group: str


def chains(targets: Iterable[Target]) -> list[list[Target]]:
    """The links of each group, pulls first. One whose group is not known yet stands alone."""
    found: dict[str, list[Target]] = {}
    for target in sorted(targets, key=lambda target: target.link.direction == "push"):
        found.setdefault(target.link.group_id or target.link.id, []).append(target)
    return list(found.values())
