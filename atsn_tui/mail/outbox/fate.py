"""What becomes of a queued message: pure functions from one state of it to the next."""

from typing import Literal

from msgspec.structs import replace

from atsn_tui.mail.errors import PermanentMailError, Refusal, TemporaryMailError
from atsn_tui.mail.outbox.retry import MAX_AGE, next_try
from atsn_tui.model import text
from atsn_tui.model.mail import Message, Outgoing

MAX_WAITING = 5_000
"""The most messages that wait at once. What comes on top is recorded as failed, without its content."""


def enqueue(message: Message, route: str, now: int, *, waiting: int, about: str = "") -> Outgoing:
    """A message that is due at once; already failed if `waiting` others fill the queue. `now` is microseconds."""
    item = Outgoing(id=text.new_id(), route=route, message=message, created_at=now, next_at=now, about=about)
    if waiting < MAX_WAITING:
        return item
    return replace(
        _over(item, now, "failed", f"{waiting:,} mails wait already: mend what keeps them from being sent"),
        message=replace(message, content=b""),
    )


def after_sending(item: Outgoing, refusals: tuple[Refusal, ...], now: int) -> Outgoing:
    """Somebody took it. Those who may take it later are tried again; the others never."""
    item = _tried(item, refusals)
    later = tuple(refusal.address for refusal in refusals if refusal.temporary)
    if later:
        waiting = replace(item, message=replace(item.message, recipients=later))
        return _again(waiting, "; ".join(str(refusal) for refusal in refusals if refusal.temporary), now)
    return replace(_over(item, now, "sent", None), message=replace(item.message, content=b""))


def after_error(item: Outgoing, error: Exception, now: int) -> Outgoing:
    """Nobody took it; it waits for the next try unless there is none."""
    if isinstance(error, PermanentMailError):
        return _over(_tried(item, error.refusals), now, "failed", str(error))
    refusals = error.refusals if isinstance(error, TemporaryMailError) else ()
    gone = {refusal.address for refusal in refusals if not refusal.temporary}
    later = tuple(address for address in item.message.recipients if address not in gone)
    item = replace(_tried(item, refusals), message=replace(item.message, recipients=later))
    return _again(item, str(error), now) if later else _over(item, now, "failed", str(error))


def released(item: Outgoing, now: int) -> Outgoing:
    """The try was broken off by us and does not count."""
    return replace(item, next_at=now)


def _tried(item: Outgoing, refusals: tuple[Refusal, ...]) -> Outgoing:
    refused = tuple(str(refusal) for refusal in refusals if not refusal.temporary)
    return replace(item, attempts=item.attempts + 1, refused=item.refused + refused)


def _again(item: Outgoing, error: str, now: int) -> Outgoing:
    moment = next_try(item.attempts, now)
    if moment is None or now - item.created_at > MAX_AGE:
        return _over(item, now, "failed", f"given up after {item.attempts} tries: {error}")
    return replace(item, next_at=moment, error=error)


def _over(item: Outgoing, now: int, state: Literal["sent", "failed"], error: str | None) -> Outgoing:
    return replace(item, state=state, ended_at=now, error=error)
