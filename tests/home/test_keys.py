"""Keys are OpenSSH's own, readable by ssh-keygen and asyncssh, and checked when somebody pastes one."""

import subprocess
from pathlib import Path

import asyncssh
import pytest

from atsn_tui.errors import BadFile, BadInput, NotFound, Refused
from atsn_tui.home import keys
from tests.programs import need

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIANS9usc7tEY3hJ1Pau/VMWXelKf5KkBy6+2078j9ucg"
PRINT = "SHA256:SwsMjxkmyb/adedYJTtabJIkZQWnpx6Y9aPcuYAW7eE"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "key"


def keygen(*arguments: str | Path) -> str:
    need("ssh-keygen")
    return subprocess.run(
        ["ssh-keygen", *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_key_is_private_and_its_public_line_can_be_read_again(path: Path) -> None:
    line = keys.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_line(path) == line == keys.check_public_key(line)


def test_ssh_keygen_reads_our_key(path: Path) -> None:
    line = keys.make(path)
    assert keygen("-y", "-f", path) == line
    assert keygen("-l", "-f", path).split()[1] == keys.fingerprint(line)


def test_we_read_ssh_keygens_key(path: Path) -> None:
    keygen("-q", "-t", "ed25519", "-N", "", "-C", "alice@web1", "-f", path)
    public = path.with_name("key.pub").read_text()
    assert keys.public_line(path) == keys.check_public_key(public)


def test_asyncssh_reads_our_key(path: Path) -> None:
    line = keys.make(path)
    key = asyncssh.import_private_key(keys.read(path))
    assert key.export_public_key().decode().split()[:2] == line.split()
    assert key.get_fingerprint() == keys.fingerprint(line)


def test_a_known_fingerprint() -> None:
    assert keys.fingerprint(LINE) == PRINT


@pytest.mark.parametrize(
    "text", [LINE, f"  {LINE}\n", f"{LINE} alice@web1", LINE.replace(" ", "\t") + " a b c"]
)
def test_a_public_key_is_taken_without_its_comment(text: str) -> None:
    assert keys.check_public_key(text) == LINE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no public key"),
        ("hello", "'hello' begins no public key"),
        (f"{LINE}\n{LINE}", "give one line"),
        ("ssh-ed25519", "put the whole line in quotes"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ", "ssh-rsa keys are not used"),
        ("ecdsa-sha2-nistp256 AAAA", "ecdsa-sha2-nistp256 keys are not used"),
        ("sk-ssh-ed25519@openssh.com AAAA", "keys are not used"),
        (f'command="atsn channel" {LINE}', "leave out what stands before ssh-ed25519"),
        (f"web1.example {LINE}", "leave out what stands before ssh-ed25519"),
        (LINE[:-4], "cut or damaged"),
        (LINE[:-1], "no base64"),
        (LINE + "AAAA", "cut or damaged"),
        (LINE.replace("C3Nz", "C3Ny"), "cut or damaged"),
        ("ssh-ed25519 ÄÖÜ", "no base64"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "private key, which must never leave"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        keys.check_public_key(text)


def test_a_key_that_others_can_read_is_refused(path: Path) -> None:
    keys.make(path)
    path.chmod(0o640)
    with pytest.raises(Refused, match=f"chmod 600 {path}"):
        keys.public_line(path)


def test_a_missing_key_is_named(path: Path) -> None:
    with pytest.raises(NotFound, match=f"{path} is missing"):
        keys.public_line(path)


@pytest.mark.parametrize("arguments", [("-t", "ed25519", "-N", "secret"), ("-t", "ecdsa", "-N", "")])
def test_a_key_that_no_service_can_use_is_a_bad_file(path: Path, arguments: tuple[str, ...]) -> None:
    keygen("-q", *arguments, "-f", path)
    with pytest.raises(BadFile, match=str(path)):
        keys.public_line(path)


def test_garbage_is_a_bad_file(path: Path) -> None:
    path.write_bytes(b"\0garbage")
    path.chmod(0o600)
    with pytest.raises(BadFile, match=str(path)):
        keys.public_line(path)
