"""Telling of ended runs: the group's log file and email, as group and task want it."""

import asyncio
import functools
import logging
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from atsn_tui.errors import AtsnError, BadInput, Refused
from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.host.aside import aside
from atsn_tui.host.delivery import service_outbox
from atsn_tui.host.logbook import Logbook
from atsn_tui.host.machine import full_name, user_name
from atsn_tui.host.office import Office
from atsn_tui.host.senders import Senders
from atsn_tui.model import text
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Log, Settings
from atsn_tui.reports.log.lines import log_lines
from atsn_tui.reports.log.path import log_path
from atsn_tui.reports.log.writer import write_log
from atsn_tui.reports.output import Output
from atsn_tui.reports.report import envelope, to_message
from atsn_tui.reports.run.facts import RunFacts, variables, verdict_of
from atsn_tui.reports.run.mail import run_report
from atsn_tui.reports.run.rule import MailRule, Verdict, decide, failures_in_row, rule_of
from atsn_tui.reports.secrets import mask_for
from atsn_tui.runner.jobs.accounts import Account, find_account
from atsn_tui.runner.jobs.policy import why_not_logged
from atsn_tui.runner.jobs.resolve import secrets_of
from atsn_tui.runner.output import read_output
from atsn_tui.runner.scheduling.reporting import Finished
from atsn_tui.schedule import sentence_all, timetable_of
from atsn_tui.store import runs
from atsn_tui.store.database.store import Store

log = logging.getLogger(__name__)

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
"""What a process of another user is given: that user can read it, and ours may hold what is none of its business."""

HISTORY = 1000
"""How many earlier runs are looked at for failures in a row."""


class Teller:
    """Writes log files and hands mail to the queue; nothing of that ever holds up a run."""

    def __init__(self, home: Home, config: Config, store: Store, zone: str, office: Office) -> None:
        self._home = home
        self._config = config
        self._store = store
        self._zone = zone
        self._senders = Senders(home, config, store)
        self._logbook = Logbook()
        self.outbox = service_outbox(store, self._senders, office)

    def change(self, config: Config) -> None:
        """Go on with other options."""
        self._config = config
        self._senders.change(config)

    async def tell(self, finished: Finished) -> None:
        """Tell of one end. What fails is logged."""
        settings = finished.settings
        if settings is None:
            return
        rule = rule_of(settings.email, finished.task.mail)
        if settings.log.path is None and not rule.asks:
            return
        failing = verdict_of(finished.run.state) == "failure"
        earlier = await self._history(finished.run) if failing or rule.asks else ()
        facts = await self._facts(finished, settings, earlier)
        try:
            await self._log(finished, settings, facts)
        except AtsnError as error:
            log.error("%s of group %s: %s", facts.task, finished.group, error)
        if rule.asks:
            await self._mail(finished, settings, facts, rule, earlier)

    async def _facts(self, finished: Finished, settings: Settings, earlier: Sequence[Verdict]) -> RunFacts:
        run, task = finished.run, finished.task
        output = await asyncio.to_thread(read_output, self._home.path, run.id)
        failing = verdict_of(run.state) == "failure"
        return RunFacts(
            run=run,
            node=self._config.name,
            group=finished.group,
            action=task.action,
            zone=ZoneInfo(task.timezone or self._zone),
            schedule=sentence_all(task.schedules),
            attempts=task.options.retries + 1,
            failures=failures_in_row(earlier) + 1 if failing else 0,
            run_as=task.run_as or settings.account.user or "",
            directory=task.directory or "",
            next_due=_next_due(finished, settings, self._zone),
            output=Output(start=output, size=max(len(output), run.output_bytes)),
        )

    async def _history(self, run: Run) -> Sequence[Verdict]:
        """How earlier runs ended, oldest first; attempts that were tried again do not count."""

        def read(db: sqlite3.Connection) -> list[Verdict]:
            found = runs.list_runs(db, run.group_id, run.task_id, limit=HISTORY, before=run.id)
            tried_again = {each.cause for each in found if each.trigger == "retry"} | {run.cause}
            kept = [each for each in found if not each.active and each.id not in tried_again]
            return [verdict_of(each.state) for each in reversed(kept)]

        return await self._store.read(read)

    async def _log(self, finished: Finished, settings: Settings, facts: RunFacts) -> None:
        if settings.log.path is None:
            return
        moment = facts.ended_at or datetime.now(UTC)
        known = {**self._config.variables, **settings.environment, **variables(facts)}
        path = log_path(settings.log.path, known, moment.astimezone(facts.zone))
        lines = log_lines(settings.log, facts, mask_for(secrets_of(settings)), moment)
        if not lines:
            return
        account = await asyncio.to_thread(
            find_account, finished.task.run_as or settings.account.user, settings.account.group
        )
        if why := why_not_logged(finished.task, settings, finished.settings_origin, account):
            raise Refused(why)
        who = None if account.own else account
        await self._logbook.write(path, functools.partial(_write, path, lines, settings.log, who))

    async def _mail(
        self,
        finished: Finished,
        settings: Settings,
        facts: RunFacts,
        rule: MailRule,
        earlier: Sequence[Verdict],
    ) -> None:
        run = finished.run
        if await self._tried_again(run):
            return
        said = bool(facts.output.total) or (run.state == "failed" and run.started is None)
        reason = decide(rule, earlier, facts.verdict, said)
        if reason is None:
            return
        host = await full_name()
        to = envelope(rule.to, settings.email.sender, user=user_name(), host=host)
        if not to.to:
            log.error("mail about %s has no usable recipient: %s", facts.task, "; ".join(to.troubles))
            return
        report = run_report(
            facts,
            rule=rule,
            reason=reason,
            subject=settings.email.subject,
            environment={**self._config.variables, **settings.environment, **finished.task.environment},
            mask=mask_for(secrets_of(settings)),
            troubles=to.troubles,
        )
        message = to_message(report, to, identity=text.new_id(), date=datetime.now(UTC), host=host)
        await self.outbox.put(message, run.group_id, about=run.id)

    async def _tried_again(self, run: Run) -> bool:
        """Whether another attempt follows, which will tell of it."""

        def read(db: sqlite3.Connection) -> bool:
            later = runs.list_runs(db, run.group_id, run.task_id, limit=20)
            return any(each.cause == run.id and each.trigger == "retry" for each in later)

        return verdict_of(run.state) == "failure" and await self._store.read(read)


async def _write(path: Path, lines: list[str], options: Log, account: Account | None) -> None:
    """Add the lines to the file; as root as the account that the task runs as, and so only where that one may."""
    if account is None:
        await aside(functools.partial(write_log, path, lines, options.max_bytes, options.keep))
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "atsn_tui.reports.log", str(path), str(options.max_bytes), str(options.keep),
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd="/", env=_ENVIRONMENT,
        user=account.uid, group=account.gid, extra_groups=list(account.groups),
    )  # fmt: skip
    _, trouble = await process.communicate("\n".join(lines).encode())
    if process.returncode:
        raise AtsnError(trouble.decode(errors="replace").strip() or f"cannot write the log file {path}")


def _next_due(finished: Finished, settings: Settings, zone: str) -> datetime | None:
    """When the task runs by itself again; None: it does not, or its schedule cannot be read."""
    task, run = finished.task, finished.run
    if not task.enabled:
        return None
    try:
        due = timetable_of(task, settings.holidays, zone, run.task_id).next_due(datetime.now(UTC))
    except BadInput:
        return None
    return None if due is None else due.at
