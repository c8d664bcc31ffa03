"""The systemd unit: what it says, that systemd understands it, and that nothing confines jobs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.home.home import Home
from atsn_tui.service.install import check
from atsn_tui.service.unit import Scope, Unit, credential_in, quote, this_program
from tests.programs import need

DOCS = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
HOMES = ("/var/lib/atsn", "/srv/a node", '/srv/100% of $HOME "x" \\ é')


def unit(home: str = "/var/lib/atsn", scope: Scope = "system", **values: str) -> Unit:
    environment = {"HOME": "/home/ada"} | {name: value for name, value in values.items() if name != "name"}
    return Unit(
        home=Home(Path(home)),
        scope=scope,
        program=("/bin/true",),
        environment=environment,
        name=values.get("name", "atsn"),
    )


def settings(text: str) -> dict[str, str]:
    """The keys of a unit file."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def test_a_system_unit_and_a_users_unit_have_their_places() -> None:
    assert unit().path == Path("/etc/systemd/system/atsn.service")
    assert unit(scope="user").path == Path("/home/ada/.config/systemd/user/atsn.service")
    assert unit(scope="user", XDG_CONFIG_HOME="/cfg").path == Path("/cfg/systemd/user/atsn.service")
    assert unit(name="atsn-two").file_name == "atsn-two.service"
    assert settings(unit().text())["WantedBy"] == "multi-user.target"
    assert settings(unit(scope="user").text())["WantedBy"] == "default.target"


def test_to_stop_or_restart_it_ends_no_job_and_a_crash_starts_it_again() -> None:
    found = settings(unit().text())
    assert (found["KillMode"], found["Restart"], found["OOMPolicy"]) == ("process", "on-failure", "continue")
    assert (found["Type"], found["NotifyAccess"]) == ("notify", "main")
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(found["WatchdogSec"]) > 0


def test_nothing_in_it_confines_jobs() -> None:
    confining = (
        "Protect",
        "Private",
        "Restrict",
        "NoNew",
        "Capability",
        "SystemCall",
        "ReadOnly",
        "Inaccessible",
    )
    confining += (
        "Limit",
        "Memory",
        "CPU",
        "IO",
        "Nice",
        "UMask",
        "User",
        "Group",
        "RootDirectory",
        "Lock",
        "Dynamic",
    )
    for scope in ("system", "user"):
        keys = settings(unit(scope=scope).text())
        assert not [key for key in keys if key.startswith(confining)]


def test_every_setting_is_explained_in_the_docs() -> None:
    for key in settings(unit().text()).keys() - {
        "Description",
        "After",
        "ExecStart",
        "WantedBy",
        "Environment",
    }:
        assert f"`{key}" in DOCS, key


@pytest.mark.parametrize("scope", ["system", "user"])
@pytest.mark.parametrize("home", HOMES)
def test_systemd_understands_it_whatever_the_home_is_called(home: str, scope: Scope) -> None:
    need("systemd-analyze")
    made = unit(home, scope)
    assert check(made, made.text())


def test_what_systemd_does_not_understand_is_told() -> None:
    need("systemd-analyze")
    made = unit()
    with pytest.raises(BadInput, match="Bogus"):
        check(made, made.text().replace("KillMode=", "Bogus="))
    with pytest.raises(BadInput, match="/no/such/atsn"):
        check(made, made.text().replace("/bin/true", "/no/such/atsn"))


def test_words_mean_themselves_in_it() -> None:
    assert quote("/srv/a%b$c") == '"/srv/a%%b$$c"'
    assert quote('a "b" \\') == '"a \\"b\\" \\\\"'
    assert quote("A=$x", command=False) == '"A=$x"'
    assert quote("") == '""'
    with pytest.raises(BadInput, match="not printable"):
        quote("a\nExecStart=/bin/evil")


@pytest.mark.parametrize("name", ["", "a/b", "a b", "atsn.service", "../x"])
def test_a_name_that_systemd_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no name for a unit"):
        unit(name=name)


def test_the_program_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "atsn"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert this_program(["./atsn"]) == (str(program),)
    beside = Path(sys.executable).with_name("atsn")
    expected = (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-m", "atsn_tui")
    assert this_program(["/usr/lib/python3/pytest"]) == expected
    done = subprocess.run([*expected, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("atsn ")


def test_a_credential_stands_in_it_and_is_found_again() -> None:
    path = "/etc/a password 100%"
    made = Unit(
        home=Home(Path("/srv")),
        scope="system",
        program=("/bin/true",),
        environment={"HOME": "/"},
        credential=path,
    )
    assert "LoadCredential=atsn-password:/etc/a password 100%%\n" in made.text()
    assert credential_in(made.text()) == path
    assert credential_in(unit().text()) is None
    if shutil.which("systemd-analyze"):
        check(made, made.text())
    for wrong in ("relative", "/two\nlines"):
        with pytest.raises(BadInput, match="absolute path"):
            Unit(home=made.home, scope="system", program=(), environment={}, credential=wrong)
