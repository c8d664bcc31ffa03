"""Mail that waits, and mail that could not be sent."""

import shlex
import sqlite3
from collections.abc import Iterator, Sequence

from atsn_tui.errors import AtsnError
from atsn_tui.host.aside import aside
from atsn_tui.mail.choice import node_server_of, server_of
from atsn_tui.mail.sendmail import find_sendmail
from atsn_tui.model import codec
from atsn_tui.model.settings import Settings
from atsn_tui.model.words import first_few, plural
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.store import groups, outbox
from atsn_tui.store.troubles import list_troubles

LATE = 3_600_000_000
"""How long a mail may wait, in µs."""

RECENT = 86_400_000_000
"""How long a mail that was given up is told of, in µs."""


class Mail:
    """The queue, and whether what is wanted can be sent at all."""

    topic = "mail"
    fine = "nothing waits, and what is wanted can be sent"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What does not arrive."""
        wanted = await core.store.read(_wanted)
        queue = await core.store.read(lambda db: list(self._queue(db, core.now())))
        program = await aside(find_sendmail)
        local = [name for name, settings in wanted if settings.email.server is None]
        if local and program is None:
            text = f"no sendmail program is there, and {first_few(local)} would send by it"
            fix = (
                f"install one such as msmtp-mta, or: atsn group set {shlex.quote(local[0])} email.server=HOST"
            )
            queue.append(self._told("warning", text, fix))
        for name, settings in wanted:
            try:
                server_of(settings.email, settings.credentials)
            except AtsnError as error:
                queue.append(self._told("problem", f"{name}: {error.message}"))
        if core.config.reports.when != "never" and core.config.reports.to:
            queue += await self._reports(core, program)
        return queue

    async def _reports(self, core: Core, program: object) -> list[Finding]:
        """What keeps this node's own mail about replication from being sent."""
        mail = core.config.mail
        if mail.server is None and program is None:
            text = "no sendmail program is there, and reports about replication would be sent by it"
            return [
                self._told(
                    "warning", text, "install one such as msmtp-mta, or set mail.server in config.toml"
                )
            ]
        try:
            await aside(lambda: node_server_of(mail, core.home.path))
        except AtsnError as error:
            return [self._told("problem", f"reports about replication: {error.message}")]
        return []

    def _queue(self, db: sqlite3.Connection, now: int) -> Iterator[Finding]:
        for trouble in list_troubles(db):
            yield self._told("problem", f"{trouble.place}: {trouble.text}")
        items = outbox.list_outgoing(db)
        late = [each for each in items if each.state == "waiting" and each.created_at < now - LATE]
        if late:
            why = late[0].error or "it was not tried yet"
            text = f"{plural(len(late), 'mail')} could not be sent for more than an hour: {why}"
            yield self._told("warning", text)
        lost = [each for each in items if each.state == "failed" and (each.ended_at or 0) > now - RECENT]
        if lost:
            why = lost[0].error or "; ".join(lost[0].refused)
            yield self._told("problem", f"{plural(len(lost), 'mail')} of the last day were given up: {why}")

    def _told(self, verdict: str, text: str, fix: str = "") -> Finding:
        return Finding(topic=self.topic, verdict=verdict, text=text, fix=fix)  # type: ignore[arg-type]


def _wanted(db: sqlite3.Connection) -> list[tuple[str, Settings]]:
    """The groups that send mail by themselves, with their settings."""
    found = [(row.name, codec.decode_settings(row.settings.body)) for row in groups.list_groups(db)]
    return [(name, settings) for name, settings in found if settings.email.when != "never"]
