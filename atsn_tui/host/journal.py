"""What a service writes to its log of what it does again and again: a thing once, until it changes."""

import logging

from atsn_tui.model.result import LinkResult
from atsn_tui.model.words import plural
from atsn_tui.replication.troubles import Troubles

_FINE = ("in_sync", "applied")


class Journal(Troubles):
    """Tells troubles when they begin and when they are over, and results of links when they are news."""

    def result(self, result: LinkResult) -> None:
        """What a link came to; told if something was applied, or if it stands otherwise than before.

        A plan that is held just as before is not told again, not even by a service that has just started.
        """
        key = result.link_id or f"{result.direction} {result.group} {result.peer}"
        text = _line(result)
        before = self._told.get(key)
        self._told[key] = text
        no_news = result.state == "in_sync" or result.repeated
        if result.state != "applied" and (before == text or (before is None and no_news)):
            return
        self._log.log(logging.INFO if result.state in _FINE else logging.WARNING, "%s", text)


def _line(result: LinkResult) -> str:
    told = f": {result.error.message}" if result.error else ""
    if result.state == "applied":
        done = result.applied
        told = f": {done.added} added, {done.updated} updated, {done.deleted} deleted"
        told += ", settings" if done.settings else ""
    elif result.state == "differs":
        told = f": {plural(result.total, 'change')} {'waits' if result.total == 1 else 'wait'} for a person"
    return f"{result.direction} of {result.group} with {result.peer}: {result.state}{told}"
