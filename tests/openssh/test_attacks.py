"""What a peer that has a line in authorized_keys could try, with OpenSSH's own client, against a real sshd."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines
from tests.openssh.conftest import MakeSshd, meet
from tests.openssh.sshd import Sshd


def ssh(hq: Machine, sshd: Sshd, *words: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """Log in with hq's key."""
    known = sshd.directory / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_key}\n")
    return subprocess.run(
        ["ssh", "-F", "none", "-p", str(sshd.port), "-l", sshd.user, "-i", f"{hq.home}/client_key",
         "-o", f"UserKnownHostsFile={known}", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
         "-o", "BatchMode=yes", *words],
        input=b"", capture_output=True, timeout=30, check=False, env={**os.environ, **environ},
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("127.0.0.1", "id; atsn --home / channel --peer other"),
        ("-tt", "127.0.0.1", "id"),
        ("-s", "127.0.0.1", "sftp"),
    ],
)
def test_nothing_but_the_channel_is_started(
    hq: Machine, web1: Machine, sshd: Sshd, words: tuple[str, ...]
) -> None:
    meet(hq, web1, sshd)
    done = ssh(hq, sshd, *words)
    # It began to serve hq, whose Hello never came.
    assert b"uid=" not in done.stdout + done.stderr
    assert done.stdout == b""
    assert sshd.log.count("Starting session: forced-command") == 1


def test_nothing_is_forwarded(hq: Machine, web1: Machine, sshd: Sshd) -> None:
    meet(hq, web1, sshd)
    for words in (("-W", "127.0.0.1:22"), ("-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:9")):
        assert ssh(hq, sshd, *words, "127.0.0.1").returncode == 255


def test_what_the_client_sends_as_environment_changes_neither_node_nor_address(
    hq: Machine, web1: Machine, make_sshd: MakeSshd, make_node: Machines, tmp_path: Path
) -> None:
    """Even where sshd takes every variable of the client."""
    sshd = make_sshd("open", "AcceptEnv *")
    meet(hq, web1, sshd)
    web1.atsn("peer", "set", "hq", "--from", "192.0.2.0/24").ok()
    seen = tmp_path / "seen"
    spy = f"env > {seen}; exec "
    line = sshd.authorized_keys.read_text()
    sshd.authorized_keys.write_text(line.replace('command="', f'command="{spy}'))
    hq.atsn("peer", "set", "web1", "--address", sshd.address).ok()
    ssh(
        hq, sshd, "-o", "SendEnv=*", "127.0.0.1", "id",
        SSH_CONNECTION="192.0.2.7 1 192.0.2.1 22", ATSN_HOME="/nowhere", SSH_ORIGINAL_COMMAND="x",
    )  # fmt: skip
    environ = dict(each.split("=", 1) for each in seen.read_text().splitlines() if "=" in each)
    assert environ["ATSN_HOME"] == "/nowhere"  # sshd did hand it over, and --home counts all the same.
    assert environ["SSH_CONNECTION"].startswith("127.0.0.1 ")
    assert environ["SSH_ORIGINAL_COMMAND"] == "id"
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    outcome = hq.atsn("replicate", "--yes", "--json")
    assert outcome.code == 3
    assert "from 127.0.0.1" in outcome.json["links"][0]["error"]["message"]


ODD = """it's "hq"; $(id) `id` # \\" büro %h *\\"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with so short a name that a home in it may have a long one."""
    with tempfile.TemporaryDirectory(prefix="atsn-test-") as directory:
        yield Path(directory)


@pytest.mark.parametrize("name", ["--help", ODD], ids=["option", "odd"])
def test_odd_names(hq: Machine, place: Path, sshd: Sshd, name: str) -> None:
    """A name and a home like that are quoted for sshd and for the shell."""
    web1 = Machines(place)(f"x {name}", listen=False)
    key = hq.identity["public_key"]
    web1.atsn("peer", "add", "--key", key, "--grant", "push", "--", name).ok()
    web1.atsn("peer", "authorize", "--file", str(sshd.authorized_keys), "--", name).ok()
    hq.atsn(
        "peer", "add", "web1", "--key", web1.identity["public_key"], "--address", sshd.address,
        "--host-key", sshd.host_key,
    ).ok()  # fmt: skip
    test = hq.atsn("peer", "test", "web1", "--json")
    assert test.code == 0, test.out


def test_names_with_line_ends_are_none(web1: Machine, hq: Machine) -> None:
    key = hq.identity["public_key"]
    for name in ("a\nssh-ed25519 AAAA", "a\rb", "a\x00b"):
        assert web1.atsn("peer", "add", name, "--key", key).code == 2


def test_a_host_that_printed_too_much_cannot_steer_our_terminal(
    hq: Machine, web1: Machine, sshd: Sshd
) -> None:
    meet(hq, web1, sshd)
    sshd.authorized_keys.write_text(
        f"restrict,command=\"printf '\\033[2J\\033]0;owned\\007[/b] hi' >&2; exit 3\" {hq.identity['public_key']}\n"
    )
    outcome = hq.atsn("peer", "test", "web1")
    assert "\x1b" not in outcome.out + outcome.err
    sshd.authorized_keys.write_text(f"restrict,command=\"yes '\\033[31m'\" {hq.identity['public_key']}\n")
    outcome = hq.atsn("peer", "test", "web1")
    assert outcome.code == 3
    assert "\x1b" not in outcome.out + outcome.err
