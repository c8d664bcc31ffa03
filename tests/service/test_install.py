"""Installing the unit, removing it, and how it stands; systemctl is a stand-in, and the real system is not touched."""

import os
from pathlib import Path

import pytest

from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.service import install, unit
from tests.nodes import Machine, Machines

_SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> {log}
case "$*" in
    *is-enabled*) cat {enabled} ;;
    *is-active*) cat {active} ;;
    *fail*) echo "Job failed." >&2; exit 1 ;;
esac
"""


class Systemd:
    """A machine that systemd runs, as far as it is asked."""

    def __init__(self, root: Path) -> None:
        self.units = root / "units"
        self._log, self._active, self._enabled = root / "log", root / "active", root / "enabled"
        (root / "bin").mkdir(parents=True)
        program = root / "bin" / "systemctl"
        program.write_text(_SYSTEMCTL.format(log=self._log, active=self._active, enabled=self._enabled))
        program.chmod(0o755)
        self.says("inactive", "disabled")

    def says(self, active: str, enabled: str) -> None:
        """How the unit stands."""
        self._active.write_text(f"{active}\n")
        self._enabled.write_text(f"{enabled}\n")

    def asked(self) -> list[str]:
        """What systemctl was called for since the last time, but for questions."""
        words = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return [line for line in words if " is-" not in f" {line}"]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    if os.geteuid() != 0:
        pytest.skip("only root installs services of the machine")
    made = Systemd(tmp_path / "systemd")
    monkeypatch.setenv("PATH", f"{tmp_path}/systemd/bin:{os.environ['PATH']}")
    monkeypatch.setattr(install, "RUNNING", tmp_path)
    monkeypatch.setattr(unit, "_SYSTEM", made.units)
    return made


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq", listen=False)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without systemd."""
    monkeypatch.setattr(install, "RUNNING", tmp_path / "missing")


def test_it_is_written_enabled_and_started(hq: Machine, systemd: Systemd) -> None:
    form = hq.atsn("service", "install", "--system", "--json").ok().json
    path = systemd.units / "atsn.service"
    assert form["path"] == str(path)
    assert path.read_text() == form["text"]
    assert f"--home {hq.home} serve" in form["text"]
    assert path.stat().st_mode & 0o777 == 0o644
    assert systemd.asked() == ["daemon-reload", "enable atsn.service", "restart atsn.service"]
    assert form["started"]


def test_again_it_is_not_restarted_unless_something_changed(hq: Machine, systemd: Systemd) -> None:
    hq.atsn("service", "install", "--system").ok()
    systemd.asked()
    hq.atsn("service", "install", "--system").ok()
    assert systemd.asked() == ["daemon-reload", "enable atsn.service", "start atsn.service"]
    path = systemd.units / "atsn.service"
    path.write_text(path.read_text().replace("RestartSec=5", "RestartSec=9"))
    hq.atsn("service", "install", "--system").ok()
    assert systemd.asked()[-1] == "restart atsn.service"


def test_a_users_service_is_the_users_managers(
    hq: Machine, systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    outcome = hq.atsn("service", "install", "--user").ok()
    assert (tmp_path / "ada/.config/systemd/user/atsn.service").is_file()
    assert systemd.asked()[0] == "--user daemon-reload"
    assert "loginctl enable-linger" in outcome.out


def test_it_may_be_written_only(hq: Machine, systemd: Systemd) -> None:
    outcome = hq.atsn("service", "install", "--system", "--no-start").ok()
    assert systemd.asked() == []
    assert "not started yet" in outcome.out


def test_a_dry_run_shows_the_unit_and_touches_nothing(hq: Machine, systemd: Systemd) -> None:
    outcome = hq.atsn("service", "install", "--system", "--dry-run").ok()
    assert "KillMode=process" in outcome.out
    assert "# then: systemctl enable atsn.service" in outcome.out
    assert not systemd.units.exists()
    assert systemd.asked() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs services of the machine")
def test_without_systemd_it_says_what_to_put_elsewhere(hq: Machine, bare: None) -> None:
    failed = hq.atsn("service", "install", "--system")
    assert failed.code == 3
    assert "systemd does not run this machine" in failed.err
    assert f"--home {hq.home} serve" in failed.err
    assert "KillMode" in hq.atsn("service", "install", "--system", "--dry-run").ok().out


def test_below_another_root_it_is_only_written(hq: Machine, systemd: Systemd, tmp_path: Path) -> None:
    form = hq.atsn("service", "install", "--system", "--root", str(tmp_path / "image"), "--json").ok().json
    assert Path(form["path"]).is_file()
    assert form["path"].startswith(str(tmp_path / "image"))
    assert systemd.asked() == []
    hq.atsn("service", "uninstall", "--system", "--root", str(tmp_path / "image")).ok()
    assert not Path(form["path"]).exists()


def test_the_unit_of_another_node_or_program_is_left_alone(
    hq: Machine, make_node: Machines, systemd: Systemd
) -> None:
    hq.atsn("service", "install", "--system").ok()
    other = make_node("other", listen=False)
    for verb in ("install", "uninstall"):
        failed = other.atsn("service", verb, "--system")
        assert failed.code == 3
        assert "choose another name with --unit" in failed.err
    other.atsn("service", "install", "--system", "--unit", "atsn-other").ok()
    assert {path.name for path in systemd.units.iterdir()} == {"atsn.service", "atsn-other.service"}


def test_a_service_that_somebody_else_started_is_named(hq: Machine, systemd: Systemd) -> None:
    with locks.exclusive(Home(hq.home).service_lock):
        failed = hq.atsn("service", "install", "--system")
        assert failed.code == 3
        assert "runs this node already" in failed.err
        assert not systemd.units.exists()
        systemd.says("active", "enabled")
        hq.atsn("service", "install", "--system").ok()


def test_what_systemctl_says_is_passed_on(hq: Machine, systemd: Systemd) -> None:
    failed = hq.atsn("service", "install", "--system", "--unit", "fail")
    assert failed.code == 3
    assert "systemctl enable fail.service failed: Job failed." in failed.err


def test_there_must_be_a_node(systemd: Systemd, tmp_path: Path) -> None:
    failed = Machine("none", tmp_path / "none").atsn("service", "install", "--system")
    assert failed.code == 2
    assert "atsn init" in failed.err


def test_it_belongs_to_one_of_both(hq: Machine, systemd: Systemd) -> None:
    assert hq.atsn("service", "install", "--system", "--user").code == 2


def test_uninstalling_stops_it_first_and_removes_it(hq: Machine, systemd: Systemd) -> None:
    failed = hq.atsn("service", "uninstall", "--system")
    assert failed.code == 2
    assert "is not installed" in failed.err
    hq.atsn("service", "install", "--system").ok()
    systemd.asked()
    assert hq.atsn("service", "uninstall", "--system", "--dry-run").ok()
    assert (systemd.units / "atsn.service").exists()
    hq.atsn("service", "uninstall", "--system").ok()
    assert not (systemd.units / "atsn.service").exists()
    assert systemd.asked() == ["disable --now atsn.service", "daemon-reload"]


def test_its_status_tells_unit_and_service_apart(hq: Machine, systemd: Systemd) -> None:
    outcome = hq.atsn("service", "status", "--system", "--json")
    assert outcome.code == 1
    assert (outcome.json["installed"], outcome.json["running"]) == (False, False)
    hq.atsn("service", "install", "--system").ok()
    systemd.says("active", "enabled")
    with locks.exclusive(Home(hq.home).service_lock):
        outcome = hq.atsn("service", "status", "--system", "--json").ok()
    form = outcome.json
    assert (form["installed"], form["current"], form["running"]) == (True, True, True)
    assert (form["active"], form["enabled"]) == ("active", "enabled")
    path = systemd.units / "atsn.service"
    path.write_text(path.read_text() + "# mine\n")
    assert not hq.atsn("service", "status", "--system", "--json").json["current"]
    assert "as it would be written now" in hq.atsn("service", "status", "--system").out


def test_the_credential_of_an_encrypted_node_is_kept_when_it_is_installed_again(
    hq: Machine, systemd: Systemd, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o644)
    refused = hq.atsn("service", "install", "--credential", str(password))
    assert (refused.code, refused.err.endswith(f"chmod 600 {password}\n")) == (3, True)
    password.chmod(0o600)
    hq.atsn("service", "install", "--credential", str(password)).ok()
    line = f"LoadCredential=atsn-password:{password}\n"
    assert line in (systemd.units / "atsn.service").read_text()
    hq.atsn("service", "install").ok()
    assert line in (systemd.units / "atsn.service").read_text()
    assert hq.atsn("service", "status", "--json").json["current"]
