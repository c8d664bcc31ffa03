"""An encrypted database: what it shows, what it refuses, and that no crash loses or betrays anything."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from atsn_tui.errors import BadFile, BadInput, Refused, WrongPassword
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.model import codec
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.store import Store, changes, groups
from atsn_tui.store.database import access, cipher, sealing
from atsn_tui.store.database.connection import connect
from atsn_tui.store.database.migrations import MIGRATIONS, Migration
from tests.store import samples
from tests.store.samples import GROUP, entry, put, task
from tests.store.sealing_steps import killed_at

PASSWORD, OTHER = 'it\'s "quoted" ünd long', "another one"
TASK_NAME, SECRET = "rotate-the-certificates", "correct horse battery staple"
FAST = 1000
"""Rounds of the derivation in tests that do it dozens of times."""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real_rounds" not in request.fixturenames:
        monkeypatch.setattr(cipher, "ROUNDS", FAST)


@pytest.fixture
def real_rounds() -> None:
    """As in earnest."""


@pytest.fixture
def plain(home: Home) -> Home:
    """A node's home with a task, a secret, and a copy from before a migration."""
    from atsn_tui.store.database import opening

    opening.make(home, "n-here", MIGRATIONS).release()
    with closing(connect(home.database)) as db:
        secret = {"backup": Credential(user="ada", secret=SECRET)}
        settings = codec.record(GROUP, 1, Settings(name="Certificates", credentials=secret))
        changes.commit(
            db, GROUP, [put(settings), put(samples.task(1, 1, name=TASK_NAME))], entry(), base=None
        )
    shutil.copy(home.database, home.path / "atsn.db.before-colours")
    return home


@pytest.fixture
def sealed(plain: Home) -> Home:
    sealing.seal(plain, None, PASSWORD)
    return plain


def files(home: Home) -> Iterator[tuple[str, bytes]]:
    """What lies in the home, but for locks."""
    for path in home.path.rglob("*"):
        if path.is_file() and path.stat().st_size:
            yield path.name, path.read_bytes()


def betraying(home: Home) -> set[str]:
    """The files in which something can be read that is none of a stranger's business."""
    words = (TASK_NAME.encode(), SECRET.encode(), b"Certificates", b"SQLite format 3", b"CREATE TABLE")
    return {name for name, data in files(home) if any(word in data for word in words)}


async def content(home: Home, password: str | None) -> str:
    async with await Store.open(home, password=password) as store:
        return await store.read(_dump)


def _dump(db: sqlite3.Connection) -> str:
    names = [
        name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    ]
    rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in names}
    marks = [db.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")]
    return repr((rows, marks))


async def test_a_database_gets_a_password_and_loses_it_and_nothing_else(plain: Home) -> None:
    before = await content(plain, None)
    sealing.seal(plain, None, PASSWORD)
    assert await content(plain, PASSWORD) == before
    sealing.seal(plain, PASSWORD, OTHER)
    assert await content(plain, OTHER) == before
    with pytest.raises(WrongPassword):
        await Store.open(plain, password=PASSWORD)
    sealing.seal(plain, OTHER, None)
    assert await content(plain, None) == before
    assert stat.S_IMODE(plain.database.stat().st_mode) == 0o600


async def test_nothing_can_be_read_in_an_encrypted_home_even_while_it_is_open(plain: Home) -> None:
    assert betraying(plain) >= {"atsn.db", "atsn.db.before-colours"}
    sealing.seal(plain, None, PASSWORD)
    assert not betraying(plain)
    async with await Store.open(plain, password=PASSWORD) as store:
        edit = put(samples.task(2, 2, name=TASK_NAME))
        await store.write(lambda db: changes.commit(db, GROUP, [edit], entry()))
        assert plain.database.with_name("atsn.db-wal").stat().st_size > 4096
        assert not betraying(plain)


async def test_the_copy_of_a_migration_is_encrypted_too_and_can_be_put_back(sealed: Home) -> None:
    steps = (
        *MIGRATIONS,
        Migration("shapes", lambda db: db.execute("CREATE TABLE shapes (name TEXT)") and None),
    )
    before = await content(sealed, PASSWORD)
    await (await Store.open(sealed, steps=steps, password=PASSWORD)).close()
    assert not betraying(sealed)
    os.replace(sealed.path / "atsn.db.before-shapes", sealed.database)
    assert await content(sealed, PASSWORD) == before


async def test_sqlciphers_own_program_could_open_it(plain: Home, real_rounds: None) -> None:
    sealing.seal(plain, None, "simple")
    with closing(cipher.library().connect(str(plain.database))) as db:
        db.execute("PRAGMA key = 'simple'")
        assert db.execute("SELECT name FROM groups").fetchall() == [("Certificates",)]


async def test_without_its_password_it_is_refused_with_the_line_that_gives_it(sealed: Home) -> None:
    with pytest.raises(Refused, match=r"is encrypted, .*: atsn --password-file FILE …$"):
        await Store.open(sealed)
    with pytest.raises(WrongPassword, match=str(sealed.database)):
        await Store.open(sealed, password="guessed")
    assert not locks.held(sealed.open_lock)


def change_byte(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        old = file.read(1)[0]
        file.seek(at)
        file.write(bytes([old ^ 1]))


async def test_a_changed_byte_is_found_and_the_page_named(
    sealed: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    change_byte(sealed.database, 5 * 4096 + 100)
    with pytest.raises(BadFile, match=rf"{sealed.database} is damaged: HMAC verification failed for page 6"):
        sealing.seal(sealed, PASSWORD, None)
    assert cipher.salt_in(sealed.database) is not None
    assert capfd.readouterr().err == "", "the library itself writes nothing"


async def test_a_changed_byte_is_found_by_who_reads_it(sealed: Home) -> None:
    for page in range(1, sealed.database.stat().st_size // 4096):
        change_byte(sealed.database, page * 4096 + 1000)
    with pytest.raises(BadFile, match=rf"{sealed.database} is damaged"):
        await content(sealed, PASSWORD)


async def test_a_changed_first_page_looks_like_a_wrong_password_and_says_so(sealed: Home) -> None:
    change_byte(sealed.database, 1000)
    with pytest.raises(WrongPassword, match="or its first page is damaged"):
        await Store.open(sealed, password=PASSWORD)


async def test_nobody_else_may_have_it_open_and_who_has_is_named(plain: Home) -> None:
    async with await Store.open(plain):
        with pytest.raises(Refused, match=rf"password changes, but .*\(process {os.getpid()}\)"):
            sealing.seal(plain, None, PASSWORD)
    assert cipher.salt_in(plain.database) is None


async def test_it_is_said_what_it_is_already(plain: Home) -> None:
    with pytest.raises(BadInput, match=r"not encrypted: .*: atsn password set$"):
        sealing.seal(plain, PASSWORD, None)
    sealing.seal(plain, None, PASSWORD)
    with pytest.raises(BadInput, match=r"encrypted already: .*: atsn password change$"):
        sealing.seal(plain, None, OTHER)


async def test_a_copy_with_an_unknown_password_is_named_and_left_alone(sealed: Home, tmp_path: Path) -> None:
    sealing.seal(sealed, PASSWORD, OTHER)
    foreign = sealed.path / "atsn.db.before-colours"
    kept = foreign.rename(tmp_path / "kept").read_bytes()
    sealing.seal(sealed, OTHER, PASSWORD)
    foreign.write_bytes(kept)
    done = sealing.seal(sealed, PASSWORD, "third")
    assert done.skipped == (foreign,)
    assert foreign.read_bytes() == kept


CASES = {"set": (None, PASSWORD), "change": (PASSWORD, OTHER), "remove": (PASSWORD, None)}


@pytest.mark.parametrize("case", CASES)
async def test_killed_at_any_step_it_loses_nothing_and_leaves_nothing_in_plain_text(
    plain: Home, case: str, tmp_path: Path
) -> None:
    old, new = CASES[case]
    before = await content(plain, None)
    if old is not None:
        sealing.seal(plain, None, old)
    number = 0
    while True:
        number += 1
        home = Home(tmp_path / f"{case}-{number}")
        shutil.copytree(plain.path, home.path)
        killed = killed_at(home, number, old, new)
        if case == "set" and access.is_encrypted(home.database):
            assert not betraying(home), f"step {number}"
        found = new if access.is_encrypted(home.database) == (new is not None) else old
        if case == "change":
            found = await _fitting(home, old, new)
        assert await content(home, found) == before, f"step {number}"
        if found is not None:
            assert not betraying(home), f"step {number}: {betraying(home)}"
        assert not list(home.path.glob("*.draft*"))
        if not killed:
            break
        if found != new or betraying(home) != betraying(plain):
            _again(home, found, old, new)
        assert await content(home, new) == before
    assert number > 6, "there were steps to be killed at"


async def _fitting(home: Home, *passwords: str | None) -> str | None:
    for password in passwords:
        try:
            await content(home, password)
        except WrongPassword:
            continue
        return password
    raise AssertionError("neither password opens it")


def _again(home: Home, found: str | None, old: str | None, new: str | None) -> None:
    """Typed once more, the same command completes what the killed one began."""
    try:
        sealing.seal(home, old, new)
    except BadInput:
        assert found == new, "all was done already"
    if new is not None:
        assert not betraying(home)


async def test_while_it_is_open_the_file_is_not_looked_at_again(
    plain: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Store.open(plain):
        monkeypatch.setattr(cipher, "salt_in", lambda path: pytest.fail("opened past the library"))
        assert not access.is_encrypted(plain.database)
        await (await Store.open(plain)).close()


async def test_locks_survive_that_the_same_process_opens_it_again(sealed: Home) -> None:
    """Had the file been closed past the library, another process would now take itself to be the only one."""
    other = (
        "import sys, atsn_tui.store.database.cipher as c; from pathlib import Path; c.ROUNDS = 1000\n"
        "path = Path(sys.argv[1]); key = c.derive(sys.argv[2], c.salt_in(path)); db = c.connect(path, key)\n"
        "db.execute('SELECT count(*) FROM groups').fetchone(); db.close()"
    )
    async with await Store.open(sealed, password=PASSWORD) as store:
        await (await Store.open(sealed, password=PASSWORD)).close()
        edit = put(samples.task(2, 2))
        await store.write(lambda db: changes.commit(db, GROUP, [edit], entry()))
        words = [sys.executable, "-c", other, str(sealed.database), PASSWORD]
        await asyncio.to_thread(subprocess.run, words, check=True, timeout=60)
        assert sealed.database.with_name("atsn.db-wal").exists(), "who leaves last removes the log"
        edit = put(samples.task(3, 3))
        await store.write(lambda db: changes.commit(db, GROUP, [edit], entry()))
    async with await Store.open(sealed, password=PASSWORD) as store:
        assert task(3).id in await store.read(lambda db: groups.side(db, GROUP).tasks)


async def test_without_the_extra_it_is_said_how_to_install_it(
    sealed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(Refused, match=r"pip install sqlcipher3$"):
        await Store.open(sealed, password=PASSWORD)


def test_a_salt_of_ours_is_no_text() -> None:
    assert all(cipher.new_salt()[0] >= 0x80 for _ in range(100))
    assert PASSWORD not in repr(cipher.derive(PASSWORD, cipher.new_salt()))


async def test_what_a_killed_restore_left_is_gone_before_a_password_is_set(plain: Home) -> None:
    for name in (".restore", ".restore-aside"):
        (plain.path / name).mkdir()
        os.link(plain.database, plain.path / name / "atsn.db")
    sealing.seal(plain, None, PASSWORD)
    assert not betraying(plain)
    assert not [path for path in plain.path.iterdir() if path.is_dir()]
