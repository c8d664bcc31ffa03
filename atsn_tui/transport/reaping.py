"""What asyncio says of a ProxyCommand that fails, and nobody need know.

When asyncio closes the pipes of a process it also asks whether that has ended. If it just has, the answer is gone
when asyncio's own watcher asks, which warns that the process is unknown. The exit code of a ProxyCommand is of no
use to us: that it ended is told as the connection that could not be made.
"""

import logging

_NO_NEWS = ("Unknown child process pid ", "child process pid %d exit status already read")


def _is_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_NO_NEWS)


def quieten() -> None:
    """Leave those warnings out of asyncio's log, from now on. Doing so twice is harmless."""
    logging.getLogger("asyncio").addFilter(_is_news)
