"""Reporting replication cycles, as config.toml wants it: what is news, by mail through the queue, and into a file."""

import asyncio
import functools
import logging
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.home.config import Config
from atsn_tui.host.aside import aside
from atsn_tui.host.machine import full_name, user_name
from atsn_tui.host.noting import note
from atsn_tui.host.office import MAX_WRITING, Office
from atsn_tui.mail.outbox.fate import enqueue
from atsn_tui.model import codec, text
from atsn_tui.model.mail import NODE, Message
from atsn_tui.model.result import CycleReport
from atsn_tui.replication.ledger import shortened
from atsn_tui.reports.cycle.mail import cycle_file_lines, cycle_report
from atsn_tui.reports.cycle.news import News, Standing, is_wanted, link_key, news_of
from atsn_tui.reports.log.path import log_path
from atsn_tui.reports.log.writer import write_log
from atsn_tui.reports.report import Envelope, envelope, to_message
from atsn_tui.reports.secrets import Mask, mask_for
from atsn_tui.runner.jobs.resolve import secrets_of
from atsn_tui.store import groups, outbox, standings
from atsn_tui.store.database.store import Store

log = logging.getLogger(__name__)

FILE, ADDRESSES = "reports.file", "reports.to"
"""The places of troubles: the keys of config.toml to look at."""


TRIES = 5
"""How often a report is made anew because another process told of the same link meanwhile."""

Standings = dict[str, Standing]


class Due(Struct, frozen=True):
    """What a cycle leads to."""

    before: Standings
    """What had been told of its links."""
    after: Standings
    news: tuple[News, ...] = ()
    report: CycleReport | None = None
    """The report to be made, without the secrets that this node knows; None: none."""


class CycleReporter:
    """Tells of every cycle of one node, whoever carried it out. Nothing that fails there is an error for the cycle."""

    def __init__(self, config: Config, store: Store, zone: str, office: Office) -> None:
        self._name = config.name
        self._variables = config.variables
        self._options = config.reports
        self._sender = config.mail.sender
        self._store = store
        self._zone = ZoneInfo(zone)
        self._office = office

    async def tell(self, report: CycleReport) -> None:
        """Report the cycle, if it is to be. Mail is in the queue then; the file is written by and by."""
        try:
            await self._tell(report)
        except AtsnError as error:
            log.error("a replication cycle could not be reported: %s", error)
        except Exception:
            log.exception("a replication cycle could not be reported")

    async def _tell(self, report: CycleReport) -> None:
        if not report.links:
            return
        if self._options.when == "never" or not (self._options.to or self._options.file):
            await self._forget(report)
            return
        for _ in range(TRIES):
            due = await self._store.read(lambda db: self._due(db, report))
            if due.report is None and due.before == due.after:
                return
            # Outside of the transaction: a report of many changes takes a while.
            mail = await self._mail(due)
            if await self._store.write(functools.partial(_save, due=due, mail=mail)):
                self._done(due, mail)
                return
        log.error("a replication cycle is not reported: other processes told of its links all the time")

    async def _forget(self, report: CycleReport) -> None:
        """Whoever wants reports later is to hear of what is wrong then, not of what was wrong long ago."""
        keys = [link_key(link) for link in report.links]
        if await self._store.read(lambda db: standings.read(db, keys, Standing)):
            await self._store.write(lambda db: standings.forget(db, keys))

    def _due(self, db: sqlite3.Connection, report: CycleReport) -> Due:
        known = standings.read(db, map(link_key, report.links), Standing)
        news, after = news_of(known, report)
        before = {key: known.get(key, Standing()) for key in after}
        if not is_wanted(self._options.when, news, report):
            return Due(before, after)
        mask = mask_for(_secrets(db, report))
        short = replace(report, links=tuple(map(shortened, report.links)))
        told = tuple(replace(each, link=shortened(each.link)) for each in news)
        return Due(before, after, _masked(told, mask), _masked(short, mask))

    async def _mail(self, due: Due) -> Message | None:
        if due.report is None or not self._options.to:
            return None
        host = await full_name()
        to = envelope(self._options.to, self._sender, user=user_name(), host=host)
        wrong = f"the reports about replication ({ADDRESSES}): {'; '.join(to.troubles)}"
        await note(self._store, self._office, ADDRESSES, wrong if to.troubles else None)
        if not to.to:
            return None
        return await asyncio.to_thread(self._compose, due.report, due.news, to, host)

    def _compose(self, report: CycleReport, news: tuple[News, ...], to: Envelope, host: str) -> Message:
        when = self._options.when
        mail = cycle_report(report, news, node=self._name, zone=self._zone, when=when, troubles=to.troubles)
        return to_message(mail, to, identity=text.new_id(), date=datetime.now(UTC), host=host)

    def _done(self, due: Due, mail: Message | None) -> None:
        if mail is not None:
            self._office.queued.set()
        if due.report is None or self._options.file is None:
            return
        if self._office.full:
            log.error("%d reports wait for the file of reports already: one is left out", MAX_WRITING)
        else:
            self._office.write(self._append(due.report, due.news))

    async def _append(self, report: CycleReport, news: tuple[News, ...]) -> None:
        options = self._options
        async with self._office.turn:
            try:
                ended = datetime.fromisoformat(report.ended_at).astimezone(self._zone)
                path = log_path(options.file or "", {**self._variables, "ATSN_NODE": self._name}, ended)
                lines = cycle_file_lines(report, news, node=self._name, zone=self._zone, when=options.when)
                await aside(functools.partial(write_log, path, lines, options.max_bytes, options.keep))
            except AtsnError as error:
                await note(
                    self._store, self._office, FILE, f"the reports about replication ({FILE}): {error}"
                )
            else:
                await note(self._store, self._office, FILE, None)


def _save(db: sqlite3.Connection, due: Due, mail: Message | None) -> bool:
    """Remember what is told now and queue the mail; False if somebody else told of these links meanwhile."""
    known = standings.read(db, due.before, Standing)
    if any(known.get(key, Standing()) != standing for key, standing in due.before.items()):
        return False
    standings.write(db, due.after)
    if mail is not None:
        about = due.report.id if due.report is not None else ""
        outbox.save(db, enqueue(mail, NODE, _now(), waiting=outbox.waiting(db), about=about))
    return True


def _secrets(db: sqlite3.Connection, report: CycleReport) -> Sequence[str]:
    """The secrets of the groups that the report is about, as this node has them."""
    found: list[str] = []
    for group_id in dict.fromkeys(link.group_id for link in report.links):
        row = groups.get_group(db, group_id) if group_id is not None else None
        if row is not None:
            found += secrets_of(codec.decode_settings(row.settings.body))
    return found


def _masked(thing: Any, mask: Mask) -> Any:
    """The same structure with every text masked; ids and states hold no secret, or would not be ones."""
    if isinstance(thing, str):
        return mask(thing)
    if isinstance(thing, Struct):
        values = {name: getattr(thing, name) for name in thing.__struct_fields__}
        return type(thing)(**{name: _kept(name, value, mask) for name, value in values.items()})
    if isinstance(thing, tuple | list):
        return type(thing)(_masked(each, mask) for each in thing)
    if isinstance(thing, dict):
        return {_masked(key, mask): _masked(value, mask) for key, value in thing.items()}
    return thing


_PLAIN = frozenset(
    ("id", "link_id", "group_id", "task_id", "state", "op", "code", "direction", "mode", "kind", "trigger")
)


def _kept(name: str, value: Any, mask: Mask) -> Any:
    return value if name in _PLAIN or name.endswith("_at") else _masked(value, mask)


def _now() -> int:
    return time.time_ns() // 1000
