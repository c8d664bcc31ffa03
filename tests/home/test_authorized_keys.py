"""The line that starts `atsn channel` for a peer, and the file that it stands in."""

import base64
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home import authorized_keys, keys
from atsn_tui.home.authorized_line import AuthorizedPeer, key_of, peer_of

_BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
KEYS = [f"ssh-ed25519 {base64.b64encode(_BLOB + bytes([number]) * 32).decode()}" for number in (1, 2)]
HOME = Path("/var/lib/atsn")

printable = st.text(st.characters(blacklist_categories=("C", "Z"), whitelist_characters=" '\"\\"), min_size=1)


def peer(name: str = "hq", key: str = KEYS[0], home: Path = HOME, networks: tuple[str, ...] = ()) -> str:
    return AuthorizedPeer(("/usr/bin/atsn",), home, name, key, keys.fingerprint(key), networks).line()


def as_sshd_reads(line: str) -> tuple[dict[str, str], str]:
    """Options and rest, by sshd's own rules: a backslash is special before a double quote only."""
    options, at = {}, 0
    while True:
        name = ""
        while at < len(line) and line[at] not in "=, \t":
            name, at = name + line[at], at + 1
        value = ""
        if line[at] == "=":
            assert line[at + 1] == '"'
            at += 2
            while line[at] != '"':
                if line[at : at + 2] == '\\"':
                    at += 1
                value, at = value + line[at], at + 1
            at += 1
        options[name] = value
        if line[at] != ",":
            return options, line[at:].lstrip()
        at += 1


def test_the_line() -> None:
    options, rest = as_sshd_reads(
        peer(networks=("10.1.0.0/16", "192.0.2.7", "10.2.0.0/255.255.0.0", "::ffff:10.3.0.0/112"))
    )
    fingerprint = keys.fingerprint(KEYS[0])
    assert options == {
        "restrict": "",
        "command": f"/usr/bin/atsn --home /var/lib/atsn channel --peer hq --key {fingerprint}",
        "from": "10.1.0.0/16,192.0.2.7/32,10.2.0.0/16,10.3.0.0/16",
    }
    assert rest == f"{KEYS[0]} atsn:hq"


@given(printable, printable)
def test_whatever_a_path_or_a_name_holds_reaches_the_program_as_it_is(directory: str, name: str) -> None:
    home = Path("/srv") / directory
    line = peer(name, home=home)
    command = as_sshd_reads(line)[0]["command"]
    assert shlex.split(command)[1:6] == ["--home", str(home), "channel", "--peer", name]
    assert peer_of(line.encode(), home) == name
    assert peer_of(line.encode(), Path("/srv/other/one")) is None
    assert key_of(line.encode()) == KEYS[0].encode()


@pytest.mark.parametrize(
    "word", ["a b", "it's", 'q"q', "back\\slash", "$HOME", "`id`", "a;b", "ends\\", '\\"', "*"]
)
def test_the_shell_hands_it_over_as_it_is(word: str) -> None:
    command = as_sshd_reads(peer(word, home=Path("/srv") / word))[0]["command"]
    shown = command.replace("/usr/bin/atsn", "printf '%s\\n'", 1)
    done = subprocess.run(["/bin/sh", "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[:5] == ["--home", f"/srv/{word}", "channel", "--peer", word]


@pytest.mark.parametrize("odd", ["a\nb", "a\rb", "a\x1bb", "a\u2028b"])
def test_what_could_end_the_line_or_steer_a_terminal_is_no_line(odd: str) -> None:
    with pytest.raises(BadInput, match="odd characters"):
        peer(home=Path("/srv") / odd)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    directory = tmp_path / ".ssh"
    directory.mkdir(mode=0o700)
    return directory / "authorized_keys"


def test_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / ".ssh" / "authorized_keys"
    assert authorized_keys.unauthorize(path, HOME, "hq") == "absent"
    assert not path.parent.exists()
    assert authorized_keys.authorize(path, HOME, "hq", peer()) == "added"
    assert path.read_text() == f"{peer()}\n"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_doing_it_again_changes_nothing_and_other_lines_stay_as_they_are(file: Path) -> None:
    others = b'# my keys\n\r\n  ssh-rsa AAAAB3 ada@laptop\r\nfrom="\\"x" ssh-rsa \xff\xfe no newline'
    file.write_bytes(others)
    file.chmod(0o640)
    assert authorized_keys.authorize(file, HOME, "hq", peer()) == "added"
    assert file.read_bytes() == others + b"\n" + peer().encode() + b"\n"
    before = file.stat()
    assert authorized_keys.authorize(file, HOME, "hq", peer()) == "unchanged"
    assert file.stat().st_ino == before.st_ino
    assert file.stat().st_mode & 0o777 == 0o640
    assert authorized_keys.unauthorize(file, HOME, "hq") == "removed"
    assert file.read_bytes() == others + b"\n"
    assert [each.name for each in file.parent.iterdir()] == ["authorized_keys"]


def test_a_changed_line_takes_the_place_of_the_former_one(file: Path) -> None:
    file.write_text(f"{peer()}\n{peer('web2', KEYS[1])}\n{peer()}\n")
    changed = peer(networks=("10.0.0.0/8",))
    assert authorized_keys.authorize(file, HOME, "hq", changed) == "replaced"
    assert file.read_text() == f"{changed}\n{peer('web2', KEYS[1])}\n"
    assert authorized_keys.authorized(file, HOME, "hq") == changed


def test_a_peer_of_another_node_is_another_one(file: Path) -> None:
    other = peer(key=KEYS[1], home=Path("/srv/other"))
    file.write_text(f"{other}\n")
    assert authorized_keys.authorize(file, HOME, "hq", peer()) == "added"
    assert authorized_keys.unauthorize(file, HOME, "hq") == "removed"
    assert file.read_text() == f"{other}\n"


def test_a_line_with_another_name_of_the_same_key_goes(file: Path) -> None:
    """Renamed: sshd would take the line of the former name, because it comes first."""
    file.write_text(f"{peer('before')}\n")
    assert authorized_keys.authorize(file, HOME, "hq", peer()) == "replaced"
    assert file.read_text() == f"{peer()}\n"


@pytest.mark.parametrize(
    "line",
    [
        f"{KEYS[0]} ada",
        f'command="echo \\"hi, you\\"",no-pty\t{KEYS[0]}',
        peer(home=Path("/srv/other")),
        f"  {KEYS[0].replace(' ', '   ')}",
    ],
)
def test_a_line_that_lets_the_same_key_in_otherwise_is_refused(file: Path, line: str) -> None:
    file.write_text(f"# mine\n{line}\n")
    with pytest.raises(Refused, match=r"line 2 of .* lets the same key in already"):
        authorized_keys.authorize(file, HOME, "hq", peer())
    assert file.read_text() == f"# mine\n{line}\n"


def test_a_line_that_is_commented_out_lets_nobody_in(file: Path) -> None:
    file.write_text(f"# {KEYS[0]}\n#{peer()}\n")
    assert authorized_keys.authorize(file, HOME, "hq", peer()) == "added"


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_refused(file: Path, mode: int) -> None:
    file.touch()
    file.chmod(mode)
    with pytest.raises(Refused, match="close it with: chmod go-w"):
        authorized_keys.authorize(file, HOME, "hq", peer())
    assert file.read_text() == ""


def test_a_directory_that_others_may_write_is_refused(file: Path) -> None:
    file.parent.chmod(0o777)
    with pytest.raises(Refused, match="close it with: chmod go-w"):
        authorized_keys.authorize(file, HOME, "hq", peer())
    assert not file.exists()


def test_symbolic_links_are_refused(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "shadow"
    target.write_text("secret")
    file.symlink_to(target)
    with pytest.raises(Refused, match="is a symbolic link"):
        authorized_keys.authorize(file, HOME, "hq", peer())
    link = tmp_path / "link"
    link.symlink_to(file.parent)
    with pytest.raises(Refused, match="is a symbolic link"):
        authorized_keys.authorize(link / "other", HOME, "hq", peer())
    assert target.read_text() == "secret"


def test_what_is_no_file_is_refused(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(Refused, match="is no file"):
        authorized_keys.authorize(file, HOME, "hq", peer())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused_and_a_group_is_kept(file: Path) -> None:
    file.touch()
    os.chown(file, 65534, 65534)
    with pytest.raises(Refused, match=r"belongs to nobody.*atsn peer authorize PEER --print"):
        authorized_keys.authorize(file, HOME, "hq", peer())
    os.chown(file, 0, 65534)
    authorized_keys.authorize(file, HOME, "hq", peer())
    assert (file.stat().st_uid, file.stat().st_gid) == (0, 65534)
