"""The systemd unit of a node's service: its text, its name and its place."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from atsn_tui.errors import BadInput
from atsn_tui.home.home import Home
from atsn_tui.home.password import CREDENTIAL

Scope = Literal["system", "user"]

NAME = "atsn"
"""What the unit is called without its ending."""

WATCHDOG = 120
"""Seconds without a sign of life after which systemd starts the service anew."""

_AFTER = {"system": "network.target nss-user-lookup.target remote-fs.target", "user": "basic.target"}
_SYSTEM = Path("/etc/systemd/system")
_NAMES = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}")
_CREDENTIAL = re.compile(rf"^LoadCredential={CREDENTIAL}:(.*)$", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z0-9/._:=+,@-]+")

# What confines the service confines its jobs too, because they are its children and may do whatever they may under
# cron. So the unit has none of ProtectSystem, PrivateTmp, NoNewPrivileges, RestrictNamespaces and their like.
_TEXT = """\
# Written by: {command} service install
# Settings of your own: systemctl{user_option} edit {unit}

[Unit]
Description=ATSN, scheduled tasks of {home}
After={after}
# It never gives up: what it waits for, such as an address to listen on, may come late.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={start}
ExecReload=/bin/kill -HUP $MAINPID
Environment={environment}
WatchdogSec={watchdog}
Restart=on-failure
RestartSec=5
TimeoutStopSec=30
# To stop or restart the service ends no job.
KillMode=process
# A job that runs out of memory takes neither the service nor other jobs with it.
OOMPolicy=continue
{credential}# As for cron: jobs may end by a closed pipe, and are as many as they are.
IgnoreSIGPIPE=false
TasksMax=infinity

[Install]
WantedBy={target}
"""


@dataclass(frozen=True)
class Unit:
    """A unit: `system` belongs to the machine and runs as root, `user` to the user who installs it."""

    home: Home
    scope: Scope
    program: tuple[str, ...]
    """The words that run atsn, the first an absolute path."""
    environment: Mapping[str, str]
    """What the service's own environment is made of. Jobs never get it."""
    name: str = NAME
    root: Path = Path("/")
    """Below what the unit is written."""
    credential: str | None = None
    """The file from which systemd gives the service the password of an encrypted node."""

    def __post_init__(self) -> None:
        if not _NAMES.fullmatch(self.name) or self.name.endswith(".service"):
            raise BadInput(
                f"{self.name!r} is no name for a unit: use letters, digits and - only, without .service"
            )
        if self.credential is not None and not (
            self.credential.isprintable() and self.credential.startswith("/")
        ):
            raise BadInput(
                f"{self.credential!r} cannot stand in a unit file: give a file by its absolute path"
            )

    @property
    def file_name(self) -> str:
        """As systemctl takes it."""
        return f"{self.name}.service"

    @property
    def path(self) -> Path:
        """Where the unit is."""
        if self.scope == "system":
            folder = _SYSTEM
        else:
            config = self.environment.get("XDG_CONFIG_HOME") or f"{self.environment['HOME']}/.config"
            folder = Path(config) / "systemd" / "user"
        return (self.root / folder.relative_to("/") if self.root != Path("/") else folder) / self.file_name

    @property
    def start(self) -> tuple[str, ...]:
        """The command line of the service."""
        return (*self.program, "--home", str(self.home.path), "serve")

    @property
    def systemctl(self) -> tuple[str, ...]:
        """How systemctl is called for this unit."""
        return ("systemctl",) if self.scope == "system" else ("systemctl", "--user")

    def text(self) -> str:
        """The unit file."""
        given = {"ATSN_HOME": str(self.home.path), "HOME": self.environment["HOME"]}
        return _TEXT.format(
            command=_commented(" ".join(self.program)),
            user_option=" --user" if self.scope == "user" else "",
            unit=self.file_name,
            home=_commented(str(self.home.path)).replace("%", "%%"),
            start=" ".join(map(quote, self.start)),
            environment=" ".join(quote(f"{name}={value}", command=False) for name, value in given.items()),
            watchdog=WATCHDOG,
            credential=_credential(self.credential),
            after=_AFTER[self.scope],
            target="multi-user.target" if self.scope == "system" else "default.target",
        )


def credential_in(text: str) -> str | None:
    """The file with the password that a unit names."""
    found = _CREDENTIAL.search(text)
    return None if found is None else found[1].replace("%%", "%")


def _credential(path: str | None) -> str:
    if path is None:
        return ""
    safe = path.replace("%", "%%")
    return f"# The password of the encrypted node. No job gets it.\nLoadCredential={CREDENTIAL}:{safe}\n"


def this_program(arguments: Sequence[str] | None = None) -> tuple[str, ...]:
    """The words that run the program that runs now, whatever directory they are said in."""
    called = Path(os.path.abspath((arguments or sys.argv)[0]))
    if called.name == NAME and os.access(called, os.X_OK):
        return (str(called),)
    beside = Path(sys.executable).with_name(NAME)
    if os.access(beside, os.X_OK):
        return (str(beside),)
    return (sys.executable, "-m", "atsn_tui")


def quote(word: str, *, command: bool = True) -> str:
    """A word as systemd reads it: specifiers, quotes and, in a command line, variables mean themselves."""
    if not word.isprintable():
        raise BadInput(f"{word!r} cannot stand in a unit file: it holds a character that is not printable")
    safe = word.replace("%", "%%")
    if command:
        safe = safe.replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return safe
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _commented(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
