"""Opening: only our own, whole and known databases; older ones are copied, then migrated, by one process alone."""

import asyncio
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, BadFile, BadInput, NotFound, Refused
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.store import Store, groups
from atsn_tui.store.database import backup, connection, opening
from atsn_tui.store.database.migrations import MIGRATIONS, Migration, version
from tests.store.samples import GROUP, fill, task


def _give_groups_a_colour(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE groups ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")


def _fail(db: sqlite3.Connection) -> None:
    _give_groups_a_colour(db)
    raise ValueError("the paint is dry")


def _orphan(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM groups")


COLOURED = (*MIGRATIONS, Migration("colours", _give_groups_a_colour))


def tables(path: Path) -> str:
    with closing(connection.connect(path)) as db:
        return "\n".join(row[0] for row in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"))


@pytest.fixture
async def old(home: Home) -> Home:
    """A home whose database was made by an older program."""
    async with await Store.create(home, "n-here") as store:
        await store.write(lambda db: fill(db, task(1)))
    return home


async def test_an_older_database_is_copied_and_migrated(old: Home) -> None:
    async with await Store.open(old, steps=COLOURED) as store:
        colours = await store.read(lambda db: db.execute("SELECT colour FROM groups").fetchall())
        taken = await store.read(
            lambda db: db.execute("SELECT number, name FROM migrations ORDER BY number").fetchall()
        )
    assert colours == [("blue",)]
    assert taken == [(number, step.name) for number, step in enumerate(COLOURED, 1)]
    copy = old.path / "atsn.db.before-colours"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "colour" not in tables(copy)
    with closing(connection.connect(copy)) as db:
        assert groups.side(db, GROUP).tasks.keys() == {task(1).id}


async def test_a_migrated_database_is_not_migrated_again(old: Home) -> None:
    await (await Store.open(old, steps=COLOURED)).close()
    (old.path / "atsn.db.before-colours").unlink()
    await (await Store.open(old, steps=COLOURED)).close()
    assert not (old.path / "atsn.db.before-colours").exists()


async def test_the_copy_can_be_put_back(old: Home) -> None:
    await (await Store.open(old, steps=COLOURED)).close()
    os.replace(old.path / "atsn.db.before-colours", old.database)
    async with await Store.open(old) as store:
        assert await store.read(lambda db: groups.side(db, GROUP).tasks.keys()) == {task(1).id}
        mode = await store.read(lambda db: db.execute("PRAGMA journal_mode").fetchone())
        assert mode == ("wal",)


async def test_an_older_program_refuses_and_names_both_versions(old: Home) -> None:
    await (await Store.open(old, steps=COLOURED)).close()
    before = old.database.read_bytes()
    known = rf"{len(MIGRATIONS)} \('{MIGRATIONS[-1].name}'\)"
    with pytest.raises(
        BadFile, match=rf"migrated to {len(COLOURED)} \('colours'\) by ATSN .* up to migration {known}"
    ):
        await Store.open(old)
    assert old.database.read_bytes() == before
    assert not locks.held(old.open_lock)


@pytest.mark.parametrize(
    ("step", "says"), [(_fail, "the paint is dry"), (_orphan, "refers to a row of groups")]
)
async def test_a_migration_that_fails_is_undone_whole(old: Home, step: object, says: str) -> None:
    before = tables(old.database)
    broken = (*MIGRATIONS, Migration("colours", step))  # type: ignore[arg-type]
    with pytest.raises(AtsnError, match=f"migration 'colours' of .*undone: .*{says}"):
        await Store.open(old, steps=broken)
    assert tables(old.database) == before
    assert not locks.held(old.open_lock)
    async with await Store.open(old) as store:
        assert await store.read(lambda db: groups.side(db, GROUP).tasks.keys()) == {task(1).id}
    await (await Store.open(old, steps=COLOURED)).close()


async def test_a_migration_waits_for_nobody_but_names_who_has_the_database_open(old: Home) -> None:
    async with await Store.open(old):
        with pytest.raises(Refused, match=rf"must be migrated first, but .*\(process {os.getpid()}\)"):
            await asyncio.to_thread(opening.prepare, old, COLOURED, patience=0.0)
        assert "colour" not in tables(old.database)
    await (await Store.open(old, steps=COLOURED)).close()


async def test_of_two_that_would_migrate_one_does_and_both_go_on(old: Home) -> None:
    first_runs, go_on = threading.Event(), threading.Event()

    def slowly(db: sqlite3.Connection) -> None:
        first_runs.set()
        go_on.wait(10)
        _give_groups_a_colour(db)

    steps = (*MIGRATIONS, Migration("colours", slowly))
    first = asyncio.create_task(asyncio.to_thread(opening.prepare, old, steps))
    await asyncio.to_thread(first_runs.wait, 10)
    second = asyncio.create_task(asyncio.to_thread(opening.prepare, old, steps))
    go_on.set()
    for lock in (await first, await second):
        lock.release()
    with closing(connection.connect(old.database)) as db:
        assert version(db) == len(steps)


async def test_a_crash_in_the_middle_of_a_copy_is_no_obstacle(old: Home) -> None:
    (old.path / "atsn.db.before-colours.new").write_bytes(b"half a copy")
    await (await Store.open(old, steps=COLOURED)).close()
    assert "colour" not in tables(old.path / "atsn.db.before-colours")


async def test_a_copy_replaces_an_older_one(old: Home, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_bytes(b"older")
    with closing(connection.connect(old.database)) as db:
        backup.copy(db, target)
    assert tables(target) == tables(old.database)


async def test_there_is_one_database_to_a_home(old: Home) -> None:
    before = old.database.read_bytes()
    with pytest.raises(BadInput, match=str(old.database)):
        await Store.create(old, "n-other")
    assert old.database.read_bytes() == before


async def test_an_sqlite_that_is_too_old_is_refused_by_its_version(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 33, 0))
    with pytest.raises(Refused, match=r"needs 3\.34 or later"):
        await Store.create(home, "n-here")
    assert not home.database.exists()


async def test_a_missing_database_is_not_made(home: Home) -> None:
    with pytest.raises(NotFound, match=str(home.database)):
        await Store.open(home)
    assert not home.database.exists()


def _garbage(path: Path) -> None:
    path.write_bytes(b"This is no database at all. " * 1000)


def _empty(path: Path) -> None:
    path.touch()


def _another_programs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
        db.commit()


@pytest.mark.parametrize("make", [_garbage, _empty, _another_programs])
async def test_what_is_no_database_of_ours_is_refused_untouched(home: Home, make: object) -> None:
    make(home.database)  # type: ignore[operator]
    before = home.database.read_bytes()
    with pytest.raises(BadFile, match=str(home.database)):
        await Store.open(home)
    assert home.database.read_bytes() == before
    assert not locks.held(home.open_lock)


async def test_a_truncated_database_is_a_bad_file(old: Home) -> None:
    os.truncate(old.database, 5000)
    with pytest.raises(BadFile, match=rf"{old.database} is damaged"):
        await Store.open(old)
    assert not locks.held(old.open_lock)


async def test_opening_that_is_cancelled_lets_go(old: Home) -> None:
    alone = locks.exclusive(old.open_lock)
    opened = asyncio.create_task(Store.open(old))
    await asyncio.sleep(0)
    opened.cancel()
    await asyncio.to_thread(alone.release)
    with pytest.raises(asyncio.CancelledError):
        await opened
    assert not locks.held(old.open_lock)


async def test_a_new_database_has_the_form_of_a_migrated_one(home: Home) -> None:
    await (await Store.create(home, "n-here", steps=COLOURED)).close()
    fresh = tables(home.database)
    home.database.unlink()
    await (await Store.create(home, "n-here")).close()
    await (await Store.open(home, steps=COLOURED)).close()
    assert sorted(tables(home.database).splitlines()) == sorted(fresh.splitlines())
