"""`atsn peer test` of a peer behind an sshd tells each step: what works, what does not, and what would help."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from atsn_tui.errors import BY_CODE
from atsn_tui.model.version import VERSION
from tests.nodes import Machine, free_port
from tests.openssh.conftest import MakeSshd, meet
from tests.openssh.sshd import Sshd

WAY = ["name", "connection", "host key", "login", "command"]


def steps(hq: Machine) -> dict[str, tuple[bool | None, str]]:
    outcome = hq.atsn("peer", "test", "web1", "--json")
    found = {step["name"]: (step["ok"], step["detail"]) for step in outcome.json["steps"]}
    codes = [BY_CODE[step["code"]].exit_code for step in outcome.json["steps"] if step["ok"] is False]
    assert outcome.code == max(codes, default=0)
    return found


def failing(hq: Machine) -> tuple[str, str]:
    """The one step that fails: those before it work, those behind it were not reached."""
    found = steps(hq)
    oks = [ok for ok, _ in found.values()]
    at = oks.index(False)
    assert oks[:at] == [True] * at
    assert oks[at + 1 :] == [None] * (len(oks) - at - 1)
    name, (_, detail) = list(found.items())[at]
    return name, detail


def test_everything_works(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    web1.atsn("group", "add", "theirs").ok()
    found = steps(hq)
    assert list(found) == ["address", *WAY, "version", "clock", "groups", "grants"]
    assert all(ok for ok, _ in found.values())
    assert found["address"][1] == sshd.address
    assert found["login"][1] == f"as {sshd.user}"
    assert found["version"][1] == f"ATSN {VERSION}"
    assert found["groups"][1] == "theirs"


def test_the_time_that_the_program_takes_to_start_is_neither_on_the_line_nor_in_the_clock(
    hq: Machine, web1: Machine, sshd: Sshd
) -> None:
    meet(hq, web1, sshd)
    line = sshd.authorized_keys.read_text()
    sshd.authorized_keys.write_text(line.replace('command="', 'command="sleep 1; '))
    assert all(ok for ok, _ in steps(hq).values())
    peer = hq.atsn("peer", "show", "web1", "--json").ok().json
    assert peer["latency_ms"] < 900
    assert abs(peer["clock_skew_ms"]) < 700


def test_the_first_look_at_a_host_key_shows_it_and_the_command_that_accepts_it(
    hq: Machine, web1: Machine, sshd: Sshd
) -> None:
    meet(hq, web1, sshd)
    hq.atsn("peer", "rm", "web1").ok()
    hq.atsn("peer", "add", "web1", "--key", web1.identity["public_key"], "--address", sshd.address).ok()
    name, told = failing(hq)
    assert name == "host key"
    assert "no host key is pinned" in told
    command = told[told.index("atsn peer set") :]
    assert command == f'atsn peer set web1 --host-key "{sshd.host_key}"'
    hq.atsn("peer", "set", "web1", "--host-key", sshd.host_key).ok()
    assert steps(hq)["command"][0]


def test_known_hosts_is_quoted_but_does_not_decide(
    hq: Machine, web1: Machine, sshd: Sshd, own_home: Path
) -> None:
    meet(hq, web1, sshd)
    (own_home / ".ssh/known_hosts").write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_key}\n")
    hq.atsn("peer", "set", "web1", "--host-key", web1.identity["host_key"]).ok()
    name, told = failing(hq)
    assert name == "host key"
    assert "as your known_hosts has it" in told
    assert "somebody may be in between" in told
    # And the other way round: a pin counts though known_hosts says otherwise.
    (own_home / ".ssh/known_hosts").write_text(f"[127.0.0.1]:{sshd.port} {web1.identity['host_key']}\n")
    hq.atsn("peer", "set", "web1", "--host-key", sshd.host_key).ok()
    assert steps(hq)["command"][0]


def test_a_login_that_is_refused(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    web1.atsn("peer", "authorize", "hq", "--file", str(sshd.authorized_keys), "--remove").ok()
    name, told = failing(hq)
    assert name == "login"
    assert told.endswith("run there: atsn peer authorize hq")


def test_an_address_that_the_line_does_not_allow(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    web1.atsn("peer", "set", "hq", "--from", "192.0.2.0/24").ok()
    web1.atsn("peer", "authorize", "hq", "--file", str(sshd.authorized_keys)).ok()
    name, told = failing(hq)
    assert name == "login"
    assert "or not from this address" in told


def test_an_sshd_that_is_not_there(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    hq.atsn("peer", "set", "web1", "--address", f"ssh://127.0.0.1:{free_port()}").ok()
    name, told = failing(hq)
    assert name == "connection"
    assert "is sshd running there" in told


def test_a_name_that_does_not_exist(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    hq.atsn("peer", "set", "web1", "--address", "ssh://no-such-host.invalid").ok()
    name, told = failing(hq)
    assert name == "name"
    assert "its name cannot be found" in told


def line_that_runs(hq: Machine, command: str) -> str:
    quoted = command.replace('"', '\\"')
    return f'restrict,command="{quoted}" {hq.identity["public_key"]}'


def run_there(hq: Machine, sshd: Sshd, command: str) -> tuple[str, str]:
    sshd.authorized_keys.write_text(line_that_runs(hq, command) + "\n")
    return failing(hq)


def test_whatever_else_answers_is_named(hq: Machine, web1: Machine, sshd: Sshd, tmp_path: Path) -> None:
    meet(hq, web1, sshd)
    name, told = run_there(hq, sshd, "/opt/gone/bin/atsn channel --peer hq")
    assert name == "command"
    assert "finds no atsn there" in told
    assert "/opt/gone/bin/atsn" in told
    name, told = run_there(hq, sshd, "echo backup done")
    assert name == "command"
    assert "something else than atsn channel, which printed 'backup done' and ended with exit code 0" in told
    name, told = run_there(hq, sshd, "exit 9")
    assert "ended with exit code 9 before it answered" in told
    own = web1.atsn("peer", "authorize", "hq", "--print").ok().out.strip()
    gone = own.replace(str(web1.home), str(tmp_path / "nowhere"))
    sshd.authorized_keys.write_text(f"{gone}\n")
    name, told = failing(hq)
    assert name == "command"
    assert f"cannot open its node: no node at {tmp_path / 'nowhere'}" in told


def test_what_start_up_files_print_is_named(
    hq: Machine, web1: Machine, make_sshd: MakeSshd, tmp_path: Path
) -> None:
    """bash reads ~/.bashrc for every command that sshd starts."""
    if not pwd.getpwuid(os.geteuid()).pw_shell.endswith("bash"):
        pytest.skip("only bash reads start-up files for a command, and whoever runs this has another shell")
    start_up = tmp_path / ".bashrc"
    start_up.write_text("echo Welcome to web1\n")
    sshd = make_sshd("noisy", f"SetEnv HOME={tmp_path}")
    meet(hq, web1, sshd)
    name, told = failing(hq)
    assert name == "command"
    assert (
        f"printed 'Welcome to web1' before the protocol began: let ~/.bashrc and the like of {sshd.user}"
        in told
    )
    start_up.write_text("echo Welcome to web1 >&2\n")
    assert steps(hq)["command"][0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sshd lets other users in")
def test_an_account_without_a_shell_is_named(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    hq.atsn("peer", "set", "web1", "--address", f"ssh://nobody@127.0.0.1:{sshd.port}").ok()
    with tempfile.TemporaryDirectory() as directory:
        readable = Path(directory, "authorized_keys")
        readable.write_text(sshd.authorized_keys.read_text())
        for path in (readable.parent, readable):
            path.chmod(0o755)
        sshd.stop()
        sshd.options = (f"AuthorizedKeysFile {readable}",)
        sshd.start()
        name, told = failing(hq)
    assert name == "command"
    assert told.endswith("usermod --shell /bin/sh nobody")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a home away")
def test_a_home_of_another_user_is_named_with_its_owner(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    os.chown(web1.home, pwd.getpwnam("nobody").pw_uid, -1)
    name, told = failing(hq)
    assert name == "command"
    assert "cannot open its node" in told
    assert f"belongs to nobody, and you are {sshd.user}" in told
