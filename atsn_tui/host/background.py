"""Work that a program does beside its main work, and goes on without, should a fault of ours end it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


def in_background(
    work: Coroutine[Any, Any, None], name: str, remedy: str = "restart the service"
) -> "asyncio.Task[None]":
    """Begin it; if a fault ends it, the log tells so at once, with what to do about it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(
        lambda task: tell_of_fault(task, f"{name} has ended, by a fault of ours: {remedy}")
    )
    return task


def tell_of_fault(task: "asyncio.Task[None]", text: str) -> None:
    """Log that text if a fault has ended the task."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s", text, exc_info=error)
