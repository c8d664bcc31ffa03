"""Tasks and keys to test with."""

from atsn_tui.home.keys import check_public_key
from atsn_tui.model.record import Origin, Record
from atsn_tui.model.task import Task
from atsn_tui.node.lookup import find_group
from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.store import changes, tasks

GROUP = "Replicated tasks"
FROM_PEER = Origin(kind="peer", who="web1", node_id="n-web1", direction="pull")


def a_task(name: str = "backup", command: str = "true", **values: str) -> Task:
    """A task that runs hourly."""
    return build_task({"name": name, "command": command, "schedules": "@hourly", **values})


def public_key(number: int) -> str:
    """A key that no other number has. Nobody has the private one."""
    from base64 import b64encode

    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + number.to_bytes(32, "big")
    return check_public_key(f"ssh-ed25519 {b64encode(blob).decode()}")


async def received(node: Node, group: str, record: Record) -> None:
    """Put a record into a group as a peer's cycle does: with its date, and the peer as its origin."""

    def write(db):  # type: ignore[no-untyped-def]
        row = find_group(db, group)
        changes.commit(db, row.id, [changes.Edit(record.id, record, FROM_PEER)], node.core.entry("received"))

    await node.core.store.write(write)


async def floor(node: Node, group_id: str, task_id: str) -> int | None:
    """The date that a deleted id has left behind."""
    return await node.core.store.read(lambda db: tasks.floor(db, group_id, task_id))
