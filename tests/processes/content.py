"""Groups with many tasks, and all of them changed at once."""

from collections.abc import Collection

from atsn_tui.model import codec
from atsn_tui.model.text import new_id
from atsn_tui.node.lookup import find_group
from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.store import changes, tasks

GROUP = "Replicated tasks"

NEVER = "0 0 29 2 *"
"""A schedule for tasks on nodes whose service runs: what is tested here is no running of tasks."""


async def fill(node: Node, count: int, group: str = GROUP) -> str:
    """Make a group with that many tasks; its id."""
    made = await node.groups.add(group)
    await rewrite(node, "0", ids=[new_id() for _ in range(count)], group=group)
    return made.id


async def rewrite(node: Node, mark: str, ids: Collection[str] = (), group: str = GROUP) -> str:
    """Change every task of a group (or make those of `ids`) in one go; the group's digest then."""

    def write(db):  # type: ignore[no-untyped-def]
        row = find_group(db, group)
        wanted = ids or [each.record.id for each in tasks.list_tasks(db, row.id)]
        edits = []
        for number, task_id in enumerate(wanted):
            task = build_task({"name": f"job {number}", "command": f"echo {mark}", "schedules": NEVER})
            record = codec.record(task_id, node.core.now(), task)
            edits.append(changes.Edit(task_id, record, node.core.origin()))
        return changes.commit(db, row.id, edits, node.core.entry(f"rewritten: {mark}")).digest.hex()

    digest: str = await node.core.store.write(write)
    return digest
