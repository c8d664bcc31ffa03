"""Where the password comes from, in which order, and what a file with it must be like."""

import os
from pathlib import Path

import pytest

from atsn_tui.errors import BadFile, BadInput, NotFound, Refused
from atsn_tui.home import config
from atsn_tui.home.password import Passwords, checked, read_password


def written(path: Path, text: str | bytes, mode: int = 0o600) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return str(path)


def test_the_first_source_that_is_there_counts(tmp_path: Path) -> None:
    option = written(tmp_path / "option", "from the option")
    named = written(tmp_path / "named", "from the variable")
    written(tmp_path / "atsn-password", "from systemd", 0o440)
    configured = written(tmp_path / "configured", "from the config")
    environ = {"ATSN_PASSWORD_FILE": named, "CREDENTIALS_DIRECTORY": str(tmp_path), "ATSN_PASSWORD": "given"}
    found = []
    for gone in (
        None,
        "option",
        "ATSN_PASSWORD_FILE",
        "CREDENTIALS_DIRECTORY",
        "configured",
        "ATSN_PASSWORD",
    ):
        option = "" if gone == "option" else option
        configured = "" if gone == "configured" else configured
        environ.pop(gone or "", None)
        password = Passwords.take({**environ}, option or None).find(configured or None)
        found.append(password.text if password else None)
    assert found == [
        "from the option", "from the variable", "from systemd", "from the config", "given", None,
    ]  # fmt: skip


def test_a_credential_of_another_name_is_none(tmp_path: Path) -> None:
    assert Passwords.take({"CREDENTIALS_DIRECTORY": str(tmp_path)}).find(None) is None


def test_the_variable_with_the_password_is_taken_out_of_the_environment() -> None:
    environ = {"ATSN_PASSWORD": "given", "HOME": "/root"}
    found = Passwords.take(environ).find(None)
    assert environ == {"HOME": "/root"}
    assert found is not None
    assert found.text == "given"
    assert "given" not in repr(found)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_end_is_no_part_of_it(tmp_path: Path, end: str) -> None:
    assert read_password(written(tmp_path / "p", f" pass word {end}")) == " pass word "


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_use_is_refused_with_the_line_that_closes_it(
    tmp_path: Path, mode: int
) -> None:
    path = written(tmp_path / "my password", "secret", mode)
    with pytest.raises(Refused, match=rf": chmod 600 '{path}'$"):
        read_password(path)


def test_a_strangers_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "p", "secret")
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(Refused, match="belongs to"):
        read_password(path)


def test_a_pipe_will_do(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"piped\n")
    os.close(writer)
    assert read_password(f"/dev/fd/{reader}") == "piped"
    os.close(reader)


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe", b"two\nlines", b"a\0b", b"x" * 1025])
def test_what_can_be_no_password_is_refused_by_the_files_name(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadFile, match=str(tmp_path)) as caught:
        read_password(written(tmp_path / "p", data))
    assert "two" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=str(tmp_path / "nowhere")):
        Passwords.take({}, str(tmp_path / "nowhere")).find(None)


@pytest.mark.parametrize("text", ["", "a\nb", "\udcff", "x" * 1025])
def test_what_is_typed_is_checked_too(text: str) -> None:
    with pytest.raises(BadInput, match=r"^the password "):
        checked(text, "the password")


def test_config_toml_names_it_by_an_absolute_path() -> None:
    path = Path("config.toml")
    assert config.parse(b'name = "hq"\npassword_file = "/etc/atsn/p"', path).password_file == "/etc/atsn/p"
    with pytest.raises(BadFile, match="password_file must be an absolute path"):
        config.parse(b'name = "hq"\npassword_file = "p"', path)
