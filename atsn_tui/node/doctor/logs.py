"""Log files: whether their paths mean something here."""

import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from atsn_tui.errors import AtsnError
from atsn_tui.model import codec
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.reports.log.path import log_path
from atsn_tui.reports.run.facts import NAMES
from atsn_tui.store import groups


class Logs:
    """The groups' log paths, with their variables filled in."""

    topic = "logs"
    fine = "every log path can be used"

    async def look(self, core: Core) -> Sequence[Finding]:
        """Which paths come to nothing."""
        return await core.store.read(lambda db: list(self._look(db, core)))

    def _look(self, db: sqlite3.Connection, core: Core) -> Iterator[Finding]:
        for row in groups.list_groups(db):
            settings = codec.decode_settings(row.settings.body)
            if settings.log.path is None:
                continue
            known = {**core.config.variables, **settings.environment, **dict.fromkeys(NAMES, "x")}
            try:
                log_path(settings.log.path, known, datetime.now(UTC))
            except AtsnError as error:
                fix = f"atsn group set {shlex.quote(row.name)} log.path=/var/log/atsn/%Y-%m.log"
                text = f"{row.name}: {error.message}"
                yield Finding(topic=self.topic, verdict="problem", text=text, fix=fix)
