"""`atsn backup` and `atsn restore`: everything comes back, nothing twice, and nothing is lost on the way."""

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from atsn_tui.errors import AtsnError
from atsn_tui.home import locks, restoring
from atsn_tui.home.home import Home
from atsn_tui.node.backup import boot
from atsn_tui.store import instants
from atsn_tui.store.database import cipher
from atsn_tui.store.database.store import Store
from atsn_tui.store.restores import Boot
from tests.nodes import Machine, Machines, acquaint, atsn

PASSWORD = "open, sesame"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "ROUNDS", 1000)


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    machine = make_node("hq")
    machine.atsn("group", "add", "ops").ok()
    machine.add_task("ops", "rotate", "true", "--schedule", "0 3 * * *")
    acquaint(machine, make_node("web1"))
    return machine


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "hq.tar")


@pytest.fixture
def saved(hq: Machine, file: str) -> Machine:
    hq.atsn("backup", file).ok()
    return hq


def identity(machine: Machine) -> dict[str, str]:
    found: dict[str, str] = machine.atsn("identity", "--json").ok().json
    return found


def store_id(machine: Machine) -> str:
    with machine.database() as db:
        return str(db.execute("SELECT store_id FROM node").fetchone()[0])


def elsewhere(tmp_path: Path) -> Machine:
    return Machine("there", tmp_path / "there")


def test_a_node_comes_back_on_a_new_machine(saved: Machine, file: str, tmp_path: Path) -> None:
    before, old_id = identity(saved), store_id(saved)
    shutil.rmtree(saved.home)
    there = elsewhere(tmp_path)
    done = there.atsn("restore", file, "--json").ok()
    assert identity(there) == before
    assert there.names("ops") == {"rotate"}
    assert [peer["name"] for peer in there.atsn("peer", "list", "--json").ok().json] == ["web1"]
    assert store_id(there) != old_id, "its history went back: under the old id nobody would notice"
    assert (done.json["node_id"], done.json["aside"]) == (before["node_id"], None)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in there.home.iterdir()}[
        "host_key"
    ] == 0o600
    there.check_sound()


def test_over_the_node_itself_what_differs_is_told_and_the_old_one_kept(saved: Machine, file: str) -> None:
    saved.atsn("task", "rm", "ops/rotate", "--yes").ok()
    saved.add_task("ops", "new")
    saved.atsn("group", "add", "later").ok()
    saved.configure("tags", ["web"])
    done = saved.atsn("restore", file, "--yes", "--json").ok().json
    assert set(done["differs"]) == {
        "group ops: 1 tasks gone, 1 tasks back",
        "group later is gone, with 0 tasks",
        "config.toml is another one",
    }
    assert saved.names("ops") == {"rotate"}
    aside = Machine("aside", Path(done["aside"]))
    assert aside.names("ops") == {"new"}
    assert not saved.home.joinpath("atsn.db-wal").exists()
    saved.check_sound()


def test_over_a_node_it_is_asked_first(saved: Machine, file: str) -> None:
    saved.add_task("ops", "new")
    assert saved.atsn("restore", file).code == 2
    assert saved.names("ops") == {"rotate", "new"}


def test_over_another_node_it_is_refused(saved: Machine, file: str, make_node: Machines) -> None:
    other = make_node("other")
    refused = other.atsn("restore", file, "--yes")
    assert refused.code == 3
    assert "is a backup of another node, hq" in refused.err
    assert identity(other)["name"] == "other"


def test_a_damaged_node_is_replaced_too(saved: Machine, file: str) -> None:
    for ending in ("-wal", "-shm"):
        saved.home.joinpath(f"atsn.db{ending}").unlink(missing_ok=True)
    saved.home.joinpath("atsn.db").write_bytes(b"garbage" * 1000)
    done = saved.atsn("restore", file, "--yes", "--json").ok().json
    assert "cannot be read" in done["differs"][0]
    assert saved.names("ops") == {"rotate"}
    assert Path(done["aside"], "atsn.db").read_bytes() == b"garbage" * 1000


def test_a_lost_key_comes_back(saved: Machine, file: str) -> None:
    before = identity(saved)
    saved.add_task("ops", "new")
    saved.home.joinpath("client_key").unlink()
    done = saved.atsn("restore", file, "--yes", "--json").ok().json
    assert set(done["differs"]) == {"group ops: 1 tasks gone", "its client_key is back"}
    assert identity(saved) == before


def test_over_a_node_with_a_file_that_cannot_be_read_it_says_which(saved: Machine, file: str) -> None:
    key = saved.home / "client_key"
    key.unlink()
    key.symlink_to(saved.home)
    done = saved.atsn("restore", file, "--yes", "--json").ok().json
    assert f"cannot read {key}: Is a directory" in done["differs"][0]


@contextlib.contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_no_room_is_the_disk_that_is_full_is_named(saved: Machine, file: str, tmp_path: Path) -> None:
    there, target = elsewhere(tmp_path), tmp_path / "small" / "hq.tar"
    target.parent.mkdir()
    with files_up_to(Path(file).stat().st_size // 2):
        restored, again = there.atsn("restore", file), saved.atsn("backup", str(target))
    assert f"cannot write {there.home}/" in restored.err
    assert f"the database {target.parent}/" in again.err
    assert not there.home.exists()
    assert list(target.parent.iterdir()) == []


def _unreadable(machine: Machine) -> None:
    machine.home.joinpath("atsn.db").write_bytes(b"garbage" * 1000)


@pytest.mark.parametrize(
    ("booted", "happened", "spent"),
    [
        pytest.param(-1, None, True, id="booted before the backup"),
        pytest.param(+1, None, False, id="booted since, and not started"),
        pytest.param(
            +1, lambda machine: _started(machine, "this boot"), True, id="booted since, and started"
        ),
        pytest.param(
            +1, lambda machine: _started(machine, "the last"), False, id="started under another boot"
        ),
        pytest.param(+1, _unreadable, True, id="nobody knows"),
        pytest.param(+1, lambda machine: shutil.rmtree(machine.home), True, id="in an empty place"),
    ],
)
def test_what_runs_once_after_a_boot_does_so_only_where_nothing_can_have_run_it(
    saved: Machine,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
    booted: int,
    happened: Callable[[Machine], None] | None,
    spent: bool,
) -> None:
    with tarfile.open(file) as packed:
        manifest = packed.extractfile("manifest.json")
        assert manifest is not None
        made = json.load(manifest)["at"]
    if happened is not None:
        happened(saved)
    monkeypatch.setattr(boot, "present", lambda: Boot("this boot", made + booted))
    saved.atsn("restore", file, "--yes").ok()
    with saved.database() as db:
        assert instants.has_started(db, "this boot") == spent
        [timing] = db.execute("SELECT boot_id, boot_due > ? FROM timings", (made,)).fetchall() or [
            (None, None)
        ]
    assert timing == (("this boot", 1) if spent else (None, None))


def _started(machine: Machine, boot_id: str) -> None:
    with contextlib.closing(sqlite3.connect(machine.home / "atsn.db")) as db, db:
        instants.first_start(db, boot_id, 1)


def test_while_the_node_is_open_it_is_refused_and_who_has_it_named(saved: Machine, file: str) -> None:
    home = Home(saved.home)
    for lock in (home.service_lock, home.open_lock):
        with locks.shared(lock):
            refused = saved.atsn("restore", file, "--yes")
        assert refused.code == 3
        assert f"(process {os.getpid()})" in refused.err
    assert not list(saved.home.glob("*restore*"))


def test_a_new_identity_makes_another_node_that_is_held(saved: Machine, file: str, tmp_path: Path) -> None:
    there = elsewhere(tmp_path)
    there.atsn("restore", file, "--new-identity").ok()
    ours, theirs = identity(saved), identity(there)
    for key in ("node_id", "public_key", "host_key"):
        assert ours[key] != theirs[key]
    [hold] = there.atsn("hold", "--list", "--json").ok().json
    assert "copy of hq" in hold["note"]
    there.check_sound()


def test_a_clone_becomes_a_node_of_its_own(saved: Machine, tmp_path: Path) -> None:
    clone = elsewhere(tmp_path)
    shutil.copytree(saved.home, clone.home)
    assert identity(clone)["node_id"] == identity(saved)["node_id"]
    assert clone.atsn("identity", "--new").code == 2, "it is asked first"
    clone.atsn("identity", "--new", "--yes").ok()
    for key in ("node_id", "public_key", "host_key"):
        assert identity(clone)[key] != identity(saved)[key]
    assert clone.names("ops") == {"rotate"}
    assert clone.atsn("hold", "--list", "--json").ok().json


@pytest.mark.parametrize("renewing", [True, False], ids=["identity --new", "restore"])
def test_from_the_look_at_the_old_node_to_its_end_nobody_else_gets_in(
    saved: Machine, file: str, monkeypatch: pytest.MonkeyPatch, renewing: bool
) -> None:
    lock, closed, free = Home(saved.home).open_lock, Store.close, []

    async def close(store: Store) -> None:
        await closed(store)
        if store.home.path == saved.home:
            free.append(not locks.held(lock))

    with monkeypatch.context() as patch:
        patch.setattr(Store, "close", close)
        words = ("identity", "--new") if renewing else ("restore", file)
        saved.atsn(*words, "--yes").ok()
    assert not free[0]
    locks.exclusive(lock, patience=0).release()
    saved.check_sound()


def test_it_replaces_no_file_unless_forced(saved: Machine, file: str) -> None:
    before = Path(file).read_bytes()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert saved.atsn("backup", file).code == 2
    assert Path(file).read_bytes() == before
    saved.atsn("backup", file, "--force").ok()
    assert Path(file).read_bytes() != before
    assert {path.name for path in Path(file).parent.glob("*hq.tar*")} == {"hq.tar"}


def test_an_encrypted_database_stays_encrypted_in_it(hq: Machine, file: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    given = ("--password-file", str(password))
    hq.atsn(*given, "password", "set").ok()
    hq.atsn(*given, "backup", file).ok()
    with tarfile.open(file) as archive:
        database = archive.extractfile("atsn.db")
        assert database is not None
        assert b"rotate" not in database.read()
    there = elsewhere(tmp_path)
    assert there.atsn("restore", file).code == 3
    assert not there.home.exists()
    there.atsn(*given, "restore", file).ok()
    assert there.atsn("status").code == 3
    assert [task["name"] for task in there.atsn(*given, "task", "list", "ops", "--json").ok().json] == [
        "rotate"
    ]
    assert b"rotate" not in (there.home / "atsn.db").read_bytes()


def test_over_a_plain_node_an_encrypted_backup_warns_of_what_is_kept(
    hq: Machine, file: str, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    given = ("--password-file", str(password))
    hq.atsn(*given, "password", "set").ok()
    hq.atsn(*given, "backup", file).ok()
    hq.atsn(*given, "password", "remove", "--yes").ok()
    done = hq.atsn(*given, "restore", file, "--yes").ok()
    [aside] = hq.home.glob("before-restore-*")
    assert done.err.endswith(f": rm -r {aside}\n")
    hq.atsn(*given, "password", "change", "--new-password-file", str(password)).ok()
    assert b"rotate" not in (aside / "atsn.db").read_bytes(), "a change encrypts every copy in the home"


def _changed_byte(data: bytes) -> bytes:
    at = data.rindex(b"SQLite format 3") + 9000
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _without_keys(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for member in old.getmembers():
            if member.name != "host_key":
                new.addfile(member, old.extractfile(member))
    return out.getvalue()


def _outside(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for member in old.getmembers():
            stream = old.extractfile(member)
            assert stream is not None
            content = stream.read()
            if member.name == "manifest.json":
                content = content.replace(b'"host_key"', b'"../evil_x"')
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_changed_byte, "its atsn.db is not what was saved"),
        (_without_keys, "lacks its host_key"),
        (_outside, "no whole backup"),
        (lambda data: data[:5000], "cut short|lacks|not what was saved"),
        (lambda data: b"no archive at all", "no backup"),
        (lambda data: b"", "no backup"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    saved: Machine, file: str, tmp_path: Path, spoil: Callable[[bytes], bytes], says: str
) -> None:
    Path(file).write_bytes(spoil(Path(file).read_bytes()))
    saved.add_task("ops", "new")
    there = elsewhere(tmp_path)
    for machine, words in ((saved, ("--yes",)), (there, ())):
        refused = machine.atsn("restore", file, *words, "--json")
        assert refused.code == 2, refused
        assert refused.error["message"]
        assert any(part in refused.error["message"] for part in says.split("|")), refused.err
    assert saved.names("ops") == {"rotate", "new"}
    assert not there.home.exists()
    assert not list(saved.home.glob("*restore*"))


def survived(number: int, machine: Machine, *words: str) -> bool:
    """Whether a process that runs the command was not killed right before its `number`th step to put files in place."""
    child = os.fork()
    if child == 0:
        calls = 0

        def counted(act: Callable[..., None]) -> Callable[..., None]:
            def acted(*words: object) -> None:
                nonlocal calls
                calls += 1
                if calls == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                act(*words)

            return acted

        stand_in = {**vars(os), "rename": counted(os.rename), "replace": counted(os.replace)}
        restoring.os = SimpleNamespace(**stand_in)  # type: ignore[attr-defined]
        for name in ("sync_file", "sync_directory"):
            setattr(restoring, name, counted(getattr(restoring, name)))
        try:
            code = machine.atsn(*words).code
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status == 0


def test_the_copy_that_a_killed_new_identity_left_is_removed_by_who_comes_next(saved: Machine) -> None:
    before = identity(saved)
    assert not survived(1, saved, "identity", "--new", "--yes")
    assert (saved.home / ".restore" / "atsn.db").exists()
    assert identity(saved) == before
    assert not list(saved.home.glob(".*"))


@pytest.mark.parametrize("verb", ["init", "restore"])
def test_killed_at_any_step_a_new_node_is_whole_or_not_there(
    saved: Machine, file: str, tmp_path: Path, verb: str
) -> None:
    words = (verb, file) if verb == "restore" else (verb,)
    number, outcomes, done = 0, [], False
    while not done:
        number += 1
        there = Machine("there", tmp_path / f"there {number}")
        done = survived(number, there, *words)
        looked = there.atsn("identity")
        outcomes.append(looked.code == 0)
        if looked.code:
            assert "no node at" in looked.err
            there.atsn(*words).ok()
        assert not list(there.home.glob(".*")), f"step {number}"
        there.check_sound()
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {True, False}


def test_killed_at_any_step_the_node_is_the_old_one_or_the_restored_one(saved: Machine, file: str) -> None:
    saved.add_task("ops", "new")
    saved.configure("tags", ["after"])
    original = saved.home.rename(saved.home.with_name("original"))
    number, outcomes = 0, []
    done = False
    while not done:
        number += 1
        shutil.rmtree(saved.home, ignore_errors=True)
        shutil.copytree(original, saved.home)
        done = survived(number, saved, "restore", file, "--yes")
        names = saved.names("ops")
        tags = '"after"' in (saved.home / "config.toml").read_text()
        assert (names, tags) in (({"rotate", "new"}, True), ({"rotate"}, False)), f"step {number}"
        assert not list(saved.home.glob(".*")), f"step {number}"
        asides = list(saved.home.glob("before-*"))
        assert len(asides) == (0 if tags else 1), f"step {number}"
        for aside in asides:
            assert Machine("aside", aside).names("ops") == {"rotate", "new"}
        outcomes.append(tags)
        saved.check_sound()
    assert outcomes == sorted(outcomes, reverse=True)
    assert set(outcomes) == {True, False}


def test_a_database_whose_last_changes_are_beside_it_does_not_take_the_node_s_place(saved: Machine) -> None:
    before = saved.digest("ops")
    stage = restoring.begin(saved.home)
    (stage / "atsn.db").write_bytes(b"without its log")
    (stage / "atsn.db-wal").write_bytes(b"what it was told on the way")
    with pytest.raises(AtsnError, match="nothing was changed"):
        restoring.commit(saved.home)
    assert not restoring.pending(saved.home)
    assert saved.digest("ops") == before


def test_a_backup_can_be_listed_and_says_what_it_is(saved: Machine, file: str) -> None:
    with tarfile.open(file) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        told = json.load(manifest)
    assert (told["format"], told["name"], told["encrypted"]) == ("atsn-backup", "hq", False)
    assert set(told["files"]) == {"atsn.db", "client_key", "host_key", "config.toml"}


def test_it_goes_nowhere_where_it_cannot(saved: Machine, tmp_path: Path) -> None:
    for name, says in ((tmp_path, "is a directory"), (tmp_path / "no" / "x.tar", "is no directory")):
        refused = saved.atsn("backup", str(name))
        assert (refused.code, says in refused.err) == (2, True)
    missing = atsn("--home", str(tmp_path / "empty"), "restore", str(tmp_path / "no.tar"))
    assert missing.code == 2
    assert "no.tar" in missing.err
