"""Giving a database a password, another one, or none: every file is written anew beside the old one.

All under `service.lock` and `open.lock` alone, so nobody else has the database open. What is new is written, checked
in full and on the disk before it takes the old one's place in one step, so a crash leaves the old file or the new
one. Encrypting ends with the database itself, decrypting begins with it: wherever a crash comes, no copy is left in
plain text beside an encrypted database, and drafts are removed by whoever opens the node next.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from atsn_tui.errors import AtsnError, BadFile, BadInput
from atsn_tui.home import locks
from atsn_tui.home.atomic import sync_directory, sync_file
from atsn_tui.home.home import Home
from atsn_tui.home.trouble import explain
from atsn_tui.store.database import access, backup, cipher
from atsn_tui.store.database.checking import check
from atsn_tui.store.database.cipher import Key
from atsn_tui.store.database.drafts import copies, draft_of, sweep
from atsn_tui.store.database.failures import is_no_database, kinds, translate
from atsn_tui.store.schema import first

Step = Callable[[str], None]
"""Told what has just been done, as in `drafted atsn.db`."""


@dataclass(frozen=True)
class Sealed:
    """What was done."""

    files: tuple[Path, ...]
    """What was written anew."""
    skipped: tuple[Path, ...] = ()
    """Copies that are encrypted with a password that is not known here, left as they are."""


@dataclass
class _Work:
    home: Home
    old: str | None
    new: str | None
    step: Step
    salt: bytes = field(default_factory=cipher.new_salt)
    keys: dict[tuple[str, bytes], Key] = field(default_factory=dict)

    def key(self, password: str, salt: bytes) -> Key:
        """Derived once for each."""
        if (password, salt) not in self.keys:
            self.keys[password, salt] = cipher.derive(password, salt)
        return self.keys[password, salt]


def seal(home: Home, old: str | None, new: str | None, step: Step = lambda _: None) -> Sealed:
    """Encrypt the database and its copies (`old` is None), decrypt them (`new` is None), or change the password.

    Refused: others have the database open; they are named. BadInput: it is encrypted already, or not at all.
    WrongPassword. Then, and after any other error, nothing is changed.
    """
    cipher.library()
    with _alone(home):
        sweep(home)
        try:
            return _seal(_Work(home, old, new, step))
        except OSError as error:
            raise explain("cannot rewrite the database", home.database, error) from error
        finally:
            sweep(home)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Neither a service, nor a restore, nor anybody who has the node open."""
    with ExitStack() as stack:
        for path in (home.service_lock, home.open_lock):
            told = "nobody else may have the node open while its password changes, but "
            stack.enter_context(locks.exclusive(path, told=told))
        yield


def _seal(work: _Work) -> Sealed:
    home = work.home
    encrypted = cipher.salt_in(home.database) is not None
    others = copies(home)
    if work.old is None and encrypted:
        raise BadInput("the database is encrypted already: to give it another password: atsn password change")
    if work.old is not None and not encrypted:
        others = [path for path in others if cipher.salt_in(path) is not None]
        if work.new is not None or not others:
            raise BadInput("the database is not encrypted: to encrypt it: atsn password set")
        return _convert_all(work, others)  # What a crash left undone.
    order = [home.database, *others] if work.new is None else [*others, home.database]
    return _convert_all(work, order)


def _convert_all(work: _Work, order: list[Path]) -> Sealed:
    done, skipped = [], []
    drafted: list[tuple[Path, Path]] = []
    main = work.home.database
    if main in order:  # A wrong password shall be found out before anything is replaced.
        _key_of(work, main)
    for path in order:
        try:
            draft = _write(work, path)
        except _Unknown:
            skipped.append(path)
            continue
        if work.new is None:
            _put(work, draft, path)  # In plain text nothing waits beside its place.
        else:
            drafted.append((draft, path))
        done.append(path)
    for draft, path in drafted:
        _put(work, draft, path)
    return Sealed(tuple(done), tuple(skipped))


class _Unknown(Exception):
    """None of the passwords opens a copy."""


def _write(work: _Work, path: Path) -> Path:
    """The file's successor, checked and on the disk."""
    source = _key_of(work, path)
    target = None if work.new is None else work.key(work.new, work.salt)
    draft = draft_of(path)
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(cipher.connect(path, source)) as db:
            check(db, path)
            _settle(db, path)
            work.step(f"settled {path.name}")
            _export(db, draft, target)
            work.step(f"drafted {path.name}")
            with closing(cipher.connect(draft, target)) as fresh:
                check(fresh, draft)
                _compare(db, fresh, draft)
    except kinds() as error:
        raise translate(error, path, work.home.open_lock) from error
    sync_file(draft)
    work.step(f"checked {path.name}")
    return draft


def _key_of(work: _Work, path: Path) -> Key | None:
    """What opens the file now. WrongPassword for the database itself, _Unknown for a copy."""
    salt = cipher.salt_in(path)
    if salt is None:
        return None
    for password in dict.fromkeys((work.old, work.new)):
        if password is None:
            continue
        key = work.key(password, salt)
        with closing(cipher.connect(path, key)) as db:
            try:
                db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            except kinds() as error:
                if not is_no_database(error):
                    raise translate(error, path, work.home.open_lock) from error
                if path == work.home.database:
                    raise access.wrong(path) from error
                continue
        return key
    raise _Unknown


def _settle(db: sqlite3.Connection, path: Path) -> None:
    backup.settle(db, path)
    if db.execute("PRAGMA application_id").fetchone()[0] != first.APPLICATION_ID:
        raise BadFile(f"{path} is no database of ATSN: put a good copy in its place")


def _export(db: sqlite3.Connection, draft: Path, key: Key | None) -> None:
    literal = key.literal if key else "''"
    db.execute(f"ATTACH ? AS fresh KEY {literal}", (str(draft),))
    try:
        db.execute("PRAGMA fresh.synchronous = FULL")
        db.execute("SELECT sqlcipher_export('fresh')").fetchone()
        for name in ("application_id", "user_version"):
            value = int(db.execute(f"PRAGMA main.{name}").fetchone()[0])
            db.execute(f"PRAGMA fresh.{name} = {value}")
    finally:
        db.execute("DETACH fresh")


def _compare(old: sqlite3.Connection, new: sqlite3.Connection, draft: Path) -> None:
    """AtsnError unless both have the same tables with as many rows each."""
    if _counts(old) != _counts(new):
        raise AtsnError(f"the new database {draft} is not like the old one: nothing was changed; try again")


def _counts(db: sqlite3.Connection) -> dict[str, tuple[str | None, int]]:
    tables = db.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
    ).fetchall()
    return {
        name: (sql, db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] if kind == "table" else 0)  # noqa: S608
        for kind, name, sql in tables
    }


def _put(work: _Work, draft: Path, path: Path) -> None:
    for ending in ("-wal", "-journal"):
        if os.path.lexists(f"{path}{ending}"):
            raise AtsnError(f"{path}{ending} is in the way: nothing was changed; try again")
    os.replace(draft, path)
    sync_directory(path.parent)
    work.step(f"replaced {path.name}")
