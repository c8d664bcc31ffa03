"""A report that is ready to be sent, and addressing it so that it arrives whatever the settings hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.mail.addresses import Address, check_recipients, parse_address
from atsn_tui.mail.message import MAX_RECIPIENTS, compose
from atsn_tui.model.mail import Message


class Report(Struct, frozen=True, kw_only=True):
    """What a mail says."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


class Envelope(Struct, frozen=True, kw_only=True):
    """To whom a mail goes and from whom it comes, with what was wrong in the settings."""

    to: tuple[str, ...]
    """Empty: there is nobody to send it to."""
    sender: str
    troubles: tuple[str, ...] = ()


def envelope(to: Sequence[str], sender: str | None, *, user: str, host: str) -> Envelope:
    """The usable addresses. A wrong one is a trouble to tell, and the others get the mail all the same.

    Without a usable `sender` it is `user` at `host`.
    """
    recipients = check_recipients(to)
    troubles = list(recipients.troubles)
    if len(recipients.mailboxes) > MAX_RECIPIENTS:
        left_out = len(recipients.mailboxes) - MAX_RECIPIENTS
        troubles.append(
            f"{left_out} of the recipients did not get this mail: at most {MAX_RECIPIENTS} are allowed;"
            " use a mailing list"
        )
    return Envelope(
        to=recipients.mailboxes[:MAX_RECIPIENTS],
        sender=_author(sender, user, host, troubles),
        troubles=tuple(troubles),
    )


def to_message(report: Report, to: Envelope, *, identity: str, date: datetime, host: str) -> Message:
    """The report as a message; `identity` is new for each. BadInput if the envelope has no recipient."""
    return compose(
        identity=identity,
        to=to.to,
        sender=to.sender,
        subject=report.subject,
        text=report.text,
        html=report.html,
        headers=report.headers,
        date=date,
        host=host,
    )


def _author(sender: str | None, user: str, host: str, troubles: list[str]) -> str:
    if sender:
        try:
            return _written(parse_address(sender))
        except BadInput as error:
            troubles.append(f"the sender {error.message}")
    for address in (f"{user}@{host}", f"atsn@{host}"):
        try:
            return parse_address(address).mailbox
        except BadInput:
            continue
    return "atsn@localhost"


def _written(address: Address) -> str:
    return f"{address.name} <{address.mailbox}>" if address.name else address.mailbox
