"""Whose the records are that a plan brings: what a receiver notes beside them, before and after."""

from collections.abc import Iterable, Mapping

from atsn_tui.model import codec
from atsn_tui.model.peer import Direction, Peer
from atsn_tui.model.record import Origin, Record
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.model.trust import origin_after


def brought_by(peer: Peer, direction: Direction) -> Origin:
    """The origin of what comes from that peer."""
    return Origin(kind="peer", who=peer.name, node_id=peer.node_id, direction=direction)


def origins_after(
    group_id: str,
    records: Iterable[Record],
    current: Mapping[str, Record],
    origins: Mapping[str, Origin],
    new: Origin,
) -> dict[str, Origin]:
    """The origin of each record once it has replaced the current one of its id, whose origin was that."""
    found = {}
    for record in records:
        found[record.id] = new
        if record.id in current:
            before, after = _decode(group_id, current[record.id]), _decode(group_id, record)
            found[record.id] = origin_after(before, after, origins.get(record.id), new)
    return found


def _decode(group_id: str, record: Record) -> Task | Settings:
    return codec.decode_settings(record.body) if record.id == group_id else codec.decode_task(record.body)
