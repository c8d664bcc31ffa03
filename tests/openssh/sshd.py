"""A real sshd on a free port, which lets in who stands in its one authorized_keys file."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from atsn_tui.home import keys
from tests.nodes import free_port, wait_until
from tests.programs import PLACES

PROGRAM = shutil.which("sshd", path=PLACES) or "/usr/sbin/sshd"
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Root's sshd wants that empty directory, which its unit makes."""


@dataclass
class Sshd:
    """One server. `start` it, and `stop` it."""

    directory: Path
    options: tuple[str, ...] = ()
    port: int = 0
    host_key: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    user: str = field(default_factory=getpass.getuser)

    def __post_init__(self) -> None:
        self.directory.mkdir(mode=0o700)
        self.host_key = keys.make(self.directory / "host_key")
        self.authorized_keys.touch(mode=0o600)

    @property
    def authorized_keys(self) -> Path:
        """Who is let in, as any user."""
        return self.directory / "authorized_keys"

    @property
    def address(self) -> str:
        """Where a peer finds it."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return (self.directory / "log").read_text(errors="replace")

    def start(self) -> "Sshd":
        """Start it, on the port that it had."""
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.port = self.port or free_port()
        config = self.directory / "config"
        lines = (
            *self.options,
            f"ListenAddress 127.0.0.1:{self.port}",
            f"HostKey {self.directory / 'host_key'}",
            f"AuthorizedKeysFile {self.authorized_keys}",
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "LogLevel VERBOSE",
            "Subsystem sftp internal-sftp",
        )
        config.write_text("".join(f"{line}\n" for line in lines))
        self.process = subprocess.Popen(
            [PROGRAM, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.directory / "log").open("ab"),
            start_new_session=True,
        )
        wait_until(self._answers)
        return self

    def let_in(self, line: str) -> None:
        """Add a line to authorized_keys."""
        with self.authorized_keys.open("a") as file:
            file.write(f"{line}\n")

    def stop(self) -> None:
        """End it, and at once every connection."""
        if self.process is not None:
            self.kill_connections()
            self.process.kill()
            self.process.wait()
            self.process = None

    def kill_connections(self) -> None:
        """Kill what serves connections, not what it started for them, nor the listener."""
        for process in self.connections():
            _kill(process)

    def kill_channels(self) -> None:
        """Kill every `atsn channel`."""
        for process in self.channels():
            _kill(process)

    def connections(self) -> list[int]:
        """The processes that serve connections."""
        return [process for process, name in self._below() if name.startswith("sshd")]

    def channels(self) -> list[int]:
        """The processes that it started for peers."""
        return [process for process, name in self._below() if not name.startswith("sshd")]

    def _below(self) -> list[tuple[int, str]]:
        """The processes below the listener with their names, the nearest first."""
        assert self.process is not None
        found: list[tuple[int, str]] = []
        waiting = [self.process.pid]
        while waiting:
            for child in _children(waiting.pop()):
                waiting.append(child)
                found.append((child, _name(child)))
        return found

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def living(processes: list[int]) -> bool:
    """Whether any of them still does something."""
    return any(_name(process) for process in processes)


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _name(process: int) -> str:
    """What a process is called; empty if it has ended."""
    try:
        _, _, rest = Path(f"/proc/{process}/stat").read_text().partition("(")
    except OSError:
        return ""
    name, _, rest = rest.rpartition(") ")
    return "" if rest.startswith(("Z", "X")) else name


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
