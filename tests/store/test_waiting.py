"""Whether anybody in a group follows another task is known without reading the tasks."""

import pytest

from atsn_tui.model import codec
from atsn_tui.model.task import Command, Task
from atsn_tui.store import changes
from atsn_tui.store.outlines import anybody_waits, may_wait
from atsn_tui.store.schema import waiting
from tests.store.samples import GROUP, drop, entry, fill, memory, put, settings, task_id


def a_task(*schedules: str, notes: str = "look after it"):  # type: ignore[no-untyped-def]
    task = Task(name="x", schedules=schedules, notes=notes, action=Command(command="after all"))
    return codec.record(task_id(2), 5, task)


@pytest.mark.parametrize("schedules", [("after y",), ("@daily", "After y on any"), ("AFTER nobody",)])
def test_it_is_kept_up_to_date(schedules: tuple[str, ...]) -> None:
    db = memory()
    fill(db, a_task("@daily"))
    assert not anybody_waits(db, GROUP)
    changes.commit(db, GROUP, [put(a_task(*schedules))], entry())
    assert anybody_waits(db, GROUP)
    changes.commit(db, GROUP, [put(a_task("every 5m"))], entry())
    assert not anybody_waits(db, GROUP)
    changes.commit(db, GROUP, [put(a_task(*schedules))], entry())
    changes.commit(db, GROUP, [drop(2)], entry())
    assert not anybody_waits(db, GROUP)


def test_an_older_database_is_marked() -> None:
    db = memory()
    fill(db, a_task("after y"))
    db.execute("DROP INDEX tasks_waiting")
    db.execute("ALTER TABLE tasks DROP COLUMN waits")
    waiting.migrate(db)
    assert anybody_waits(db, GROUP)


def test_bytes_that_are_no_task_might_follow_somebody() -> None:
    assert may_wait(b"\xc1")
    assert may_wait(settings().body)
    assert not may_wait(a_task("@daily").body)
