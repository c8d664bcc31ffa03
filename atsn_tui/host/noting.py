"""Having a trouble of the node itself seen: in the log when it begins and when it is over, in the status meanwhile."""

import logging
import time

from atsn_tui.errors import AtsnError
from atsn_tui.host.office import Office
from atsn_tui.store import troubles
from atsn_tui.store.database.store import Store

log = logging.getLogger(__name__)


async def note(store: Store, office: Office, place: str, trouble: str | None) -> None:
    """That is the trouble at that place now; None: there is none. It never fails."""
    if trouble is None:
        office.journal.well(place)
    else:
        office.journal.trouble(place, trouble)
    now = time.time_ns() // 1000
    try:
        if not await store.read(lambda db: troubles.is_noted(db, place, trouble)):
            await store.write(lambda db: troubles.note(db, place, trouble, now))
    except AtsnError as error:
        log.error("%s is not noted: %s", place, error)
