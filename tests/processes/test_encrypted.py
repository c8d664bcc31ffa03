"""Encrypted nodes for real: they replicate over SSH, run tasks, and their password is nobody else's business."""

import json
import resource
from pathlib import Path

import pytest

from atsn_tui.store.database import cipher
from tests.nodes import Machine, Machines, acquaint, wait_until

PASSWORD = "tr0ub4dor-and-3-horses"
TASK, SECRET = "renew-every-certificate", "swordfish-of-the-backup-user"


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return str(path)


def encrypt(machine: Machine, password_file: str) -> None:
    machine.configure("password_file", password_file)
    machine.atsn("password", "set").ok()


def readable(machine: Machine, word: str) -> set[str]:
    """The files of the database and its copies in which a word can be read."""
    found = machine.home.glob("atsn.db*")
    return {path.name for path in found if word.encode() in path.read_bytes()}


def test_a_group_goes_from_plain_over_encrypted_to_plain(make_node: Machines, password_file: str) -> None:
    hq, dr, web1 = (make_node(name) for name in ("hq", "dr", "web1"))
    acquaint(hq, dr)
    acquaint(dr, web1)
    hq.atsn("group", "add", "certs").ok()
    hq.add_task("certs", TASK)
    hq.atsn(
        "group", "set", "certs", "credentials.backup.user=ada", f"credentials.backup.secret={SECRET}"
    ).ok()
    encrypt(dr, password_file)
    for machine in (dr, web1):
        machine.serve()
    hq.atsn("link", "add", "certs", "dr", "--push", "--strict").ok()
    hq.atsn("replicate", "--yes").ok()
    dr.atsn("link", "add", "certs", "web1", "--push", "--strict").ok()
    dr.atsn("replicate", "--yes").ok()
    assert hq.digest("certs") == dr.digest("certs") == web1.digest("certs")
    for word in (TASK, SECRET, "certs"):
        assert "atsn.db" in readable(hq, word) | readable(web1, word)
        assert not readable(dr, word)
    assert cipher.salt_in(web1.home / "atsn.db") is None
    taken = dr.atsn("password", "remove", "--yes")
    assert taken.code == 3, "its service has it open"
    assert dr.service is not None
    assert f"(process {dr.service.pid})" in taken.err


def processes() -> list[Path]:
    return [path for path in Path("/proc").iterdir() if path.name.isdigit()]


def knowing(word: str) -> list[str]:
    """Where in the process list a word stands: in command lines, and in environments that we may read."""
    found = []
    for process in processes():
        for name in ("cmdline", "environ"):
            try:
                if word.encode() in (process / name).read_bytes():
                    found.append(f"{process.name} {name}")
            except OSError:
                continue
    return found


def test_neither_keeper_nor_job_nor_process_list_knows_the_password(
    make_node: Machines, password_file: str, tmp_path: Path
) -> None:
    hq = make_node("hq", listen=False)
    encrypt(hq, password_file)
    said = tmp_path / "said"
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "look", f"env > {said}.env; ulimit -c > {said}.core; sleep 30", "--set", "timeout=60s")
    hq.serve(anew=True)
    assert hq.service is not None
    hq.atsn("run", "ops/look").ok()
    wait_until(lambda: Path(f"{said}.core").exists() and Path(f"{said}.core").read_text())
    assert knowing(PASSWORD) == []
    keeper = Path(hq.home / "keeper.lock").read_text().strip()
    assert PASSWORD not in Path(f"{said}.env").read_text()
    assert "password" not in Path(f"/proc/{keeper}/environ").read_text().lower()
    soft = resource.getrlimit(resource.RLIMIT_CORE)[0]
    expected = "unlimited" if soft == resource.RLIM_INFINITY else str(soft // 512)
    assert Path(f"{said}.core").read_text().strip() in (expected, str(soft // 1024)), (
        "limits are the job's own"
    )
    runs = json.loads(hq.atsn("runs", "--json").ok().out)
    assert runs
    hq.atsn("stop", "ops/look").ok()
