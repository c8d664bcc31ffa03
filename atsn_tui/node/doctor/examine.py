"""The examination: all checks, each within its time, and what they found."""

import asyncio
from collections.abc import Sequence

from atsn_tui.errors import AtsnError, NotFound
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.node.actor import Actor
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Check, Examination, Finding, HomeCheck
from atsn_tui.node.doctor.clock import Clock
from atsn_tui.node.doctor.cron import Cron
from atsn_tui.node.doctor.database import Database
from atsn_tui.node.doctor.disk import Disk
from atsn_tui.node.doctor.encryption import Encryption
from atsn_tui.node.doctor.files import ConfigFile, Files
from atsn_tui.node.doctor.logs import Logs
from atsn_tui.node.doctor.mail import Mail
from atsn_tui.node.doctor.peers import Links, Peers
from atsn_tui.node.doctor.service import Port, Service, Systemd
from atsn_tui.node.doctor.sshd import Sshd
from atsn_tui.node.doctor.tasks import Following, Tasks
from atsn_tui.node.unlock import Ask, open_store
from atsn_tui.store.database.opening import is_current

PATIENCE = 12.0
"""Seconds that each check has."""

HOME_CHECKS: tuple[HomeCheck, ...] = (Files(), ConfigFile(), Disk(), Encryption())
"""What needs no open node, in the order in which it is told."""

CHECKS: tuple[Check, ...] = (
    Clock(), Service(), Systemd(), Port(), Tasks(), Following(), Cron(), Peers(), Sshd(), Links(),
    Mail(), Logs(), Database(),
)  # fmt: skip
"""What looks at an open node, in the order in which it is told. The last one may keep the database busy."""


async def examine(home: Home, actor: Actor, passwords: Passwords, ask: Ask | None = None) -> Examination:
    """Look at the home, and at the node in it if it can be opened. NotFound: there is none.

    An encrypted one is opened as by any command.
    """
    try:
        home.check()
    except NotFound:
        raise
    except AtsnError as error:
        return Examination(home=str(home.path), findings=(_problem("home", error.message),))
    found = await _look_at_home(home)
    try:
        if not await asyncio.to_thread(is_current, home):
            text = "the database is of an earlier version: the next command brings it up to date, and keeps a copy"
            note = Finding(topic="database", verdict="note", text=text)
            return Examination(home=str(home.path), findings=(*found, note))
        config = load(home.config_file)
        async with await open_store(home, config, passwords, ask) as store:
            found += await look_at(Core(home, config, store, actor))
    except AtsnError as error:
        if error.message not in {each.text for each in found}:
            found.append(_problem("node", f"it cannot be opened: {error.message}"))
    return Examination(home=str(home.path), findings=tuple(found))


async def examine_open(core: Core) -> Examination:
    """The same for a node that is open."""
    found = [*await _look_at_home(core.home), *await look_at(core)]
    return Examination(home=str(core.home.path), findings=tuple(found))


async def _look_at_home(home: Home) -> list[Finding]:
    return [finding for check in HOME_CHECKS for finding in await _looked(check, home)]


async def look_at(core: Core) -> Sequence[Finding]:
    """What the checks of an open node find."""
    *others, last = CHECKS
    found = await asyncio.gather(*(_looked(check, core) for check in others))
    return [finding for each in (*found, await _looked(last, core)) for finding in each]


async def _looked(check: "Check | HomeCheck", at: "Core | Home") -> Sequence[Finding]:
    """What a check finds; it can neither hang nor break the others."""
    try:
        async with asyncio.timeout(PATIENCE):
            found = await check.look(at)  # type: ignore[arg-type]
    except TimeoutError:
        text = f"not looked at to the end: it took longer than {PATIENCE:.0f} s"
        return [Finding(topic=check.topic, verdict="warning", text=text)]
    except AtsnError as error:
        return [_problem(check.topic, error.message)]
    except Exception as error:  # one check that fails is no reason to be silent about the others
        return [_problem(check.topic, f"it could not be looked at: {type(error).__name__}: {error}")]
    return found or [Finding(topic=check.topic, verdict="ok", text=check.fine)]


def _problem(topic: str, text: str) -> Finding:
    return Finding(topic=topic, verdict="problem", text=text)
