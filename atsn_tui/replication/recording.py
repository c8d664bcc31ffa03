"""The end of every cycle, whoever carried it out: its report is kept, and told of."""

import logging

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.model.result import CycleReport
from atsn_tui.replication import ledger
from atsn_tui.replication.context import Context
from atsn_tui.store import cycles

log = logging.getLogger(__name__)


async def record(context: Context, report: CycleReport) -> None:
    """Keep the report, unless a schedule found nothing new, and hand it to whoever tells of cycles.

    Links are applied by now: what fails here is logged, and never an error of the cycle.
    """
    if not report.links:
        return
    new = any(result.state != "in_sync" and not result.repeated for result in report.links)
    if report.trigger == "hand" or new:
        kept = replace(report, links=tuple(ledger.shortened(result) for result in report.links))
        try:
            await context.store.write(lambda db: cycles.add(db, kept))
            context.troubles.well("cycle")
        except AtsnError as error:
            context.troubles.trouble("cycle", f"the report of a cycle is not kept: {error}")
    if context.tell is not None:
        try:
            await context.tell(report)
        except Exception:
            log.exception("a cycle was not told of")
