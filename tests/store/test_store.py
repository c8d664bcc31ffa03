"""An open store: one moment's state for readers, whole transactions for writers, whatever happens to the caller."""

import asyncio
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, BadFile, Refused
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.store import Store, changes, groups, node
from atsn_tui.store.database import connection
from atsn_tui.store.database.failures import translate
from atsn_tui.store.database.migrations import MIGRATIONS
from tests.store.samples import GROUP, check_kept, drop, entry, fill, put, task

NEWER = len(MIGRATIONS) + 1


def names(db: sqlite3.Connection) -> list[str]:
    return [row.name for row in groups.list_groups(db)]


async def test_what_was_written_is_there_after_reopening(home: Home) -> None:
    async with await Store.create(home, "n-here") as store:
        head = await store.write(lambda db: fill(db, task(1)))
    async with await Store.open(home) as again:
        assert (again.node_id, again.store_id) == ("n-here", store.store_id)
        assert await again.read(lambda db: groups.head(db, GROUP)) == head
        await again.read(check_kept)


async def test_only_the_owner_may_read_the_files(store: Store, home: Home) -> None:
    await store.write(fill)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.path.iterdir()}
    assert {"atsn.db", "atsn.db-wal", "atsn.db-shm", "open.lock"} == modes.keys()
    assert set(modes.values()) == {0o600}


async def test_commits_reach_the_disk_and_references_are_kept(store: Store) -> None:
    def modes(db: sqlite3.Connection) -> tuple[object, ...]:
        return tuple(
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "foreign_keys", "journal_mode")
        )

    full = 2
    assert await store.read(modes) == await store.write(modes) == (full, 1, "wal")


async def test_a_write_that_raises_changes_nothing(store: Store) -> None:
    def fail(db: sqlite3.Connection) -> None:
        fill(db)
        raise KeyError("why not")

    with pytest.raises(KeyError):
        await store.write(fail)
    assert await store.read(names) == []
    await store.write(fill)
    assert await store.read(names) == ["Replicated tasks"]


async def test_a_read_sees_one_moment_while_others_write(store: Store) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def look_twice(db: sqlite3.Connection) -> tuple[list[str], list[str]]:
        before = names(db)
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        return before, names(db)

    reading = asyncio.create_task(store.read(look_twice))
    await begun.wait()
    await store.write(fill)
    go_on.set()
    assert await reading == ([], [])
    assert await store.read(names) == ["Replicated tasks"]


async def test_a_long_read_aside_holds_up_no_other_read_and_cannot_write(store: Store) -> None:
    go_on = threading.Event()
    long = asyncio.create_task(store.read_aside(lambda _: go_on.wait(30)))
    await store.read(lambda db: db.execute("SELECT 1"))
    assert not long.done()
    go_on.set()
    assert await long
    with pytest.raises(AtsnError):
        await store.read_aside(lambda db: db.execute("DELETE FROM node"))


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(AtsnError):
        await store.read(fill)
    assert await store.read(names) == []


async def test_the_data_version_tells_of_every_commit(store: Store, home: Home) -> None:
    first = await store.data_version()
    assert await store.data_version() == first
    await store.write(fill)
    second = await store.data_version()
    assert second != first
    async with await Store.open(home) as other:
        await other.write(lambda db: changes.commit(db, GROUP, [put(task(1))], entry()))
    assert await store.data_version() != second


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancelled_write_ends_whole_and_the_next_one_works(store: Store, fails: bool) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(db: sqlite3.Connection) -> None:
        fill(db, task(1))
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(10)
        if fails:
            raise KeyError("undone")

    writing = asyncio.create_task(store.write(slow))
    await begun.wait()
    for _ in range(3):
        writing.cancel()
        await asyncio.sleep(0)
    assert not writing.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await store.read(names) == ([] if fails else ["Replicated tasks"])
    await store.write(
        (lambda db: fill(db)) if fails else (lambda db: changes.commit(db, GROUP, [drop(1)], entry()))
    )
    await store.read(check_kept)


async def test_a_write_cancelled_while_it_waits_for_another_is_carried_out(store: Store) -> None:
    go_on = threading.Event()
    first = asyncio.create_task(store.write(lambda db: go_on.wait(10)))
    second = asyncio.create_task(store.write(fill))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    await first
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await store.read(names) == ["Replicated tasks"]


async def test_a_cancelled_read_leaves_the_next_one_working(store: Store) -> None:
    go_on = threading.Event()
    reading = asyncio.create_task(store.read(lambda db: go_on.wait(10)))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    go_on.set()
    assert await store.read(names) == []


async def test_closing_awaits_what_was_begun_and_lets_go(store: Store, home: Home) -> None:
    writing = asyncio.create_task(store.write(fill))
    await asyncio.sleep(0)
    assert locks.held(home.open_lock)
    await asyncio.gather(store.close(), store.close())
    await writing
    assert not locks.held(home.open_lock)
    with pytest.raises(AtsnError, match="closed"):
        await store.read(names)
    async with await Store.open(home) as again:
        assert await again.read(names) == ["Replicated tasks"]


async def test_a_cancelled_close_leaves_nothing_open(store: Store, home: Home) -> None:
    go_on = threading.Event()
    writing = asyncio.create_task(store.write(lambda db: go_on.wait(10)))
    closing_ = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    closing_.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing_
    assert writing.done()
    assert not locks.held(home.open_lock)


async def test_a_settled_database_is_one_file(store: Store, home: Home) -> None:
    await store.write(fill)
    await store.settle()
    await store.close()
    assert not locks.held(home.open_lock)
    assert [path.name for path in home.path.glob("atsn.db*")] == ["atsn.db"]
    async with await Store.open(home) as again:
        assert await again.read(names) == ["Replicated tasks"]


async def test_one_that_others_have_open_is_not_settled_and_loses_nothing(home: Home) -> None:
    await (await Store.create(home, "n-here")).close()
    store = await Store.open(home, patience=0.05)
    await store.write(fill)
    with closing(connection.connect(home.database)) as other:
        assert names(other) == ["Replicated tasks"]
        with pytest.raises(Refused, match="is kept busy"):
            await store.settle()
    assert not locks.held(home.open_lock)
    async with await Store.open(home) as again:
        assert await again.read(names) == ["Replicated tasks"]


async def test_a_process_that_never_lets_go_is_told_of_and_not_waited_for_forever(home: Home) -> None:
    await (await Store.create(home, "n-here")).close()
    async with await Store.open(home, patience=0.05) as store:
        with closing(connection.connect(home.database)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Refused, match=rf"{home.database} is kept busy .* \(process \d+\)"):
                await store.write(fill)
            other.execute("ROLLBACK")
        await store.write(fill)


async def test_a_database_that_a_newer_program_migrated_meanwhile_is_not_touched(
    store: Store, home: Home
) -> None:
    with closing(connection.connect(home.database)) as newer:
        newer.execute("INSERT INTO migrations VALUES (?, 'colours', '9.8.7', 0)", (NEWER,))
        newer.execute(f"PRAGMA user_version = {NEWER}")
    for access in (store.read(names), store.write(fill)):
        with pytest.raises(BadFile, match=rf"migrated to {NEWER} \('colours'\) by ATSN 9\.8\.7"):
            await access
    with closing(connection.connect(home.database)) as newer:
        assert names(newer) == []


async def test_a_full_disk_is_told_with_the_path_and_leaves_the_old_state(store: Store, home: Home) -> None:
    await store.write(fill)

    def too_much(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA max_page_count = 50")
        changes.commit(db, GROUP, [put(task(number)) for number in range(2000)], entry())

    with pytest.raises(AtsnError, match=rf"{home.database} .*disk is full") as caught:
        await store.write(too_much)
    assert caught.value.exit_code == 10
    await store.read(check_kept)
    await store.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    await store.write(lambda db: changes.commit(db, GROUP, [put(task(1))], entry()))


@pytest.mark.parametrize(("mode", "says"), [("ro", "cannot be written"), ("rw", "cannot be opened")])
def test_a_database_that_may_not_be_used_is_refused_with_its_path(
    tmp_path: Path, mode: str, says: str
) -> None:
    path = tmp_path / "a.db"
    if mode == "ro":
        sqlite3.connect(path).execute("PRAGMA user_version = 1").connection.close()
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(f"file:{path}?mode={mode}", uri=True).execute("CREATE TABLE t (c)")
    error = translate(caught.value, path, tmp_path / "lock")
    assert type(error) is Refused
    assert says in error.message
    assert str(path) in error.message


async def test_two_stores_know_each_other_apart(store: Store, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir(mode=0o700)
    async with await Store.create(Home(tmp_path / "two"), "n-here") as other:
        assert other.store_id != store.store_id
        assert await other.read(node.identity) == ("n-here", other.store_id)
