"""Whether a service runs for this node, and whether it works."""

import asyncio
import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from atsn_tui.home import locks
from atsn_tui.home.address import Address, parse_address
from atsn_tui.home.ownership import person
from atsn_tui.host.aside import aside
from atsn_tui.model import dates
from atsn_tui.model.words import plural
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.store import requests

PATIENCE = 3.0
"""Seconds that the own port and systemctl have to answer."""

SLOW = 60_000_000
"""How long a request may wait for the service, in µs."""

KINDS = ("run", "stop")

UNITS = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"))
LINGER = Path("/var/lib/systemd/linger")
SYSTEMD = Path("/run/systemd/system")


class Service:
    """The service's process, and what it has not answered."""

    topic = "service"
    fine = "a service runs and takes what is asked of it"

    async def look(self, core: Core) -> Sequence[Finding]:
        """Why nothing would run."""
        if not locks.held(core.home.service_lock):
            text = "no service runs for this node, so no task runs and nobody can connect"
            return [self._told(text, "atsn service install, or atsn serve")]
        who = locks.holders(core.home.service_lock)
        stopped = [each for each in who if _stands_still(each)]
        if stopped:
            return [
                self._told(f"{stopped[0]} is stopped by a signal", "let it go on with: kill -CONT PROCESS")
            ]
        silent = core.home.pulse().silent_since(core.now())
        if silent is not None:
            text = f"the scheduler has taken no turn since {dates.format_date(silent)}, though a service runs"
            return [self._told(text, "restart the service, no job is ended by that: systemctl restart atsn")]
        waiting = await core.store.read(lambda db: requests.waiting(db, KINDS))
        late = [each for each in waiting if each.state == "waiting" and each.at < core.now() - SLOW]
        if late:
            text = (
                f"{plural(len(late), 'request')} of more than a minute ago wait for {', '.join(who) or 'it'}"
            )
            return [self._told(text, "the service does not turn: restart it, no job is ended by that")]
        return []

    def _told(self, text: str, fix: str) -> Finding:
        return Finding(topic=self.topic, verdict="problem", text=text, fix=fix)


class Port:
    """Whether peers could connect."""

    topic = "port"
    fine = "it is open, or none is wanted"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What is in the way of them."""
        if core.config.listen is None:
            return []
        address = parse_address(core.config.listen, listening=True)
        if address.port == 0:
            return []
        running = locks.held(core.home.service_lock)
        try:
            async with asyncio.timeout(PATIENCE):
                greeting = await _greeting(address)
        except TimeoutError:
            return [self._told(f"{address} takes connections and says nothing", "see who it is: ss -ltnp")]
        except OSError as error:
            if not running:
                return []
            text = f"nothing answers on {address}: {error.strerror or type(error).__name__}"
            return [self._told(text, "look at what the service wrote: journalctl -u atsn")]
        if not running:
            text = f"another program listens on {address}, so the service could not"
            return [self._told(text, "see who it is: ss -ltnp")]
        if not greeting.startswith(b"SSH-2.0-"):
            return [self._told(f"what listens on {address} is no node", "see who it is: ss -ltnp")]
        return []

    def _told(self, text: str, fix: str) -> Finding:
        return Finding(topic=self.topic, verdict="problem", text=text, fix=fix)


class Systemd:
    """Whether the service comes back after a reboot."""

    topic = "systemd"
    fine = "the service comes back after a reboot"

    def __init__(self, units: Sequence[Path] = UNITS, linger: Path = LINGER, booted: Path = SYSTEMD) -> None:
        self._units = units
        self._linger = linger
        self._booted = booted

    async def look(self, core: Core) -> Sequence[Finding]:
        """What would keep it from that."""
        return await aside(lambda: list(self._look(core)))

    def _look(self, core: Core) -> Iterator[Finding]:
        if not self._booted.is_dir():
            yield self._told(
                "systemd does not run this machine: whatever starts services here must start atsn serve"
            )
            return
        unit = self._unit(core)
        if unit is None:
            text = "no systemd unit starts this node, so it does not come back after a reboot"
            yield self._told(text, "atsn service install")
            return
        user = unit.parent not in self._units
        enabled = _asked("is-enabled", unit.name, user)
        if enabled not in ("enabled", "enabled-runtime", "unknown", "static"):
            yield self._told(
                f"the unit {unit.name} is {enabled}", f"{_systemctl(user)} enable --now {unit.name}"
            )
        name = person(os.geteuid())
        if user and not (self._linger / name).exists():
            text = f"the services of {name} end when {name} logs out"
            yield self._told(text, f"loginctl enable-linger {shlex.quote(name)}")

    def _unit(self, core: Core) -> Path | None:
        """The unit that serves this home."""
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        ours = f"--home {core.home.path} serve"
        for folder in (*self._units, Path(config) / "systemd" / "user"):
            for path in sorted(folder.glob("*.service")) if folder.is_dir() else ():
                with contextlib.suppress(OSError):
                    text = path.read_text(encoding="utf-8", errors="replace")
                    if ours in text.replace('"', "").replace("%%", "%").replace("$$", "$"):
                        return path
        return None

    def _told(self, text: str, fix: str = "") -> Finding:
        return Finding(topic=self.topic, verdict="warning" if fix else "note", text=text, fix=fix)


def _stands_still(holder: str) -> bool:
    """Whether the process, as in `atsn serve (process 4711)`, is stopped by a signal or by a debugger."""
    number = holder.rpartition("process ")[2].rstrip(")")
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in ("T", "t")


async def _greeting(address: Address) -> bytes:
    host = {"": "localhost", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104
    reader, writer = await asyncio.open_connection(host, address.port)
    try:
        return await reader.read(64)
    finally:
        writer.close()


def _systemctl(user: bool) -> str:
    return "systemctl --user" if user else "systemctl"


def _asked(question: str, unit: str, user: bool) -> str:
    import subprocess

    if shutil.which("systemctl") is None:
        return "unknown"
    try:
        done = subprocess.run(
            [*_systemctl(user).split(), question, unit],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
