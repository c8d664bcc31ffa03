"""Installing the systemd unit, removing it, and telling how it stands."""

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from msgspec import Struct

from atsn_tui.errors import AtsnError, BadInput, NotFound, Refused
from atsn_tui.home import locks
from atsn_tui.home.atomic import sync_directory, write_atomically
from atsn_tui.home.trouble import explain
from atsn_tui.model import dates
from atsn_tui.service.unit import Unit, credential_in, quote

RUNNING = Path("/run/systemd/system")
"""Is there where systemd is the machine's init."""

PATIENCE = 120.0
"""Seconds that systemctl may take."""


class Installed(Struct, frozen=True, kw_only=True):
    """What was done, or would be."""

    unit: str
    path: str
    text: str
    checked: bool
    """Whether systemd-analyze was there to check it."""
    steps: tuple[str, ...]
    """The commands, as one would type them."""
    started: bool
    dry_run: bool


class Uninstalled(Struct, frozen=True, kw_only=True):
    """What was removed, or would be."""

    unit: str
    path: str
    steps: tuple[str, ...]
    dry_run: bool


class UnitStatus(Struct, frozen=True, kw_only=True):
    """How a node's service stands."""

    unit: str
    path: str
    installed: bool
    current: bool
    """The unit is the one that would be written now."""
    enabled: str
    """As systemctl says; `unknown` where it cannot be asked."""
    active: str
    running: bool
    """A service runs for the node, however it was started."""
    silent_since: str | None = None
    """Since when its scheduler is silent though it runs."""
    start: tuple[str, ...]
    """The command line of the service."""


def has_systemd() -> bool:
    """Whether systemd runs this machine."""
    return RUNNING.is_dir()


def install(unit: Unit, *, start: bool, dry_run: bool) -> Installed:
    """Write the unit; with `start`, also enable and start it. An unchanged one is not restarted.
    A credential that the unit names is kept.

    Refused: there is no systemd, the unit serves another home, or it may not be written. BadInput: systemd-analyze
    finds fault with the unit.
    """
    before = _read(unit.path)
    unit = _kept(unit, before)
    text = unit.text()
    live = unit.root == Path("/")
    if live and not dry_run and not has_systemd():
        raise Refused(
            "systemd does not run this machine, so there is nothing to install a unit in: let whatever starts"
            f" services here run this line\n  {shlex.join(unit.start)}"
        )
    _check_ours(unit, before)
    if live and start and not dry_run:
        _check_free(unit)
    checked = check(unit, text)
    steps = _starting(unit, before != text) if live and start else ()
    if not dry_run:
        _write(unit.path, text)
        for step in steps:
            _run(step)
    return Installed(
        unit=unit.file_name,
        path=str(unit.path),
        text=text,
        checked=checked,
        steps=tuple(map(shlex.join, steps)),
        started=bool(steps) and not dry_run,
        dry_run=dry_run,
    )


def uninstall(unit: Unit, *, dry_run: bool) -> Uninstalled:
    """Stop and disable the unit, and remove it; jobs run on. NotFound: it is not installed. Refused."""
    before = _read(unit.path)
    if before is None:
        raise NotFound(
            f"{unit.path} is not there: {unit.file_name} is not installed as a {unit.scope} service"
        )
    _check_ours(unit, before)
    live = unit.root == Path("/") and has_systemd()
    first = ((*unit.systemctl, "disable", "--now", unit.file_name),) if live else ()
    then = ((*unit.systemctl, "daemon-reload"),) if live else ()
    if not dry_run:
        for step in first:
            _run(step)
        try:
            unit.path.unlink()
            sync_directory(unit.path.parent)
        except OSError as error:
            raise explain("cannot remove", unit.path, error) from error
        for step in then:
            _run(step)
    steps = (*first, ("rm", str(unit.path)), *then)
    return Uninstalled(
        unit=unit.file_name, path=str(unit.path), steps=tuple(map(shlex.join, steps)), dry_run=dry_run
    )


def status(unit: Unit) -> UnitStatus:
    """How the service stands."""
    found = _read(unit.path)
    unit = _kept(unit, found)
    pulse = unit.home.pulse()
    silent = pulse.silent_since(time.time_ns() // 1000)
    return UnitStatus(
        unit=unit.file_name,
        path=str(unit.path),
        installed=found is not None,
        current=found == unit.text(),
        enabled=_asked(unit, "is-enabled"),
        active=_asked(unit, "is-active"),
        running=pulse.running,
        silent_since=None if silent is None else dates.format_date(silent),
        start=unit.start,
    )


def check(unit: Unit, text: str) -> bool:
    """Let systemd-analyze look at a unit before it is written; whether it could. BadInput: it finds fault."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return False
    with tempfile.TemporaryDirectory(prefix="atsn-unit-") as folder:
        path = Path(folder) / unit.file_name
        path.write_text(text, encoding="utf-8")
        # As a system's unit even if it is a user's: both read it alike, and the user's manager may not run here.
        done = _called([program, "--man=no", "verify", str(path)])
    told = [line for line in done.stderr.splitlines() if str(path) in line or unit.file_name in line]
    if told:
        raise BadInput(
            "systemd-analyze finds fault with the unit, so it was not written:\n" + "\n".join(told)
        )
    return done.returncode == 0


def _kept(unit: Unit, before: str | None) -> Unit:
    """The unit with the credential that the installed one names, unless it names another."""
    if unit.credential is not None or before is None:
        return unit
    return replace(unit, credential=credential_in(before))


def _starting(unit: Unit, changed: bool) -> "tuple[tuple[str, ...], ...]":
    begin = "restart" if changed else "start"
    return (
        (*unit.systemctl, "daemon-reload"),
        (*unit.systemctl, "enable", unit.file_name),
        (*unit.systemctl, begin, unit.file_name),
    )


def _check_free(unit: Unit) -> None:
    """Refused if a service that somebody else started is in the way."""
    if locks.held(unit.home.service_lock) and _asked(unit, "is-active") != "active":
        who = ", ".join(locks.holders(unit.home.service_lock)) or "another process"
        raise Refused(f"{who} runs this node already: stop it first, and let systemd run it instead")


def _check_ours(unit: Unit, text: str | None) -> None:
    """Refused if the unit that is there serves another home."""
    ours = f"--home {quote(str(unit.home.path))} serve\n"
    if text is not None and ours not in text:
        raise Refused(
            f"{unit.path} is another service's, or another node's: look at it, and choose another name with --unit"
        )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain("cannot make", path.parent, error) from error
    write_atomically(path, text.encode(), 0o644)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain("cannot read", path, error) from error


def _asked(unit: Unit, question: Literal["is-enabled", "is-active"]) -> str:
    if unit.root != Path("/") or not has_systemd() or shutil.which("systemctl") is None:
        return "unknown"
    return _called([*unit.systemctl, question, unit.file_name]).stdout.strip() or "unknown"


def _run(words: Sequence[str]) -> None:
    done = _called(words)
    if done.returncode != 0:
        raise Refused(f"{shlex.join(words)} failed: {done.stderr.strip() or done.returncode}")


def _called(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AtsnError(f"{shlex.join(words)} did not end within {PATIENCE:g} s") from error
    except OSError as error:
        raise explain("cannot run", Path(words[0]), error) from error
