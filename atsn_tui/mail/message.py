"""Composing one message. Whatever texts go in, exactly the headers that are named here come out."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from atsn_tui.errors import BadInput
from atsn_tui.mail.addresses import Address, parse_address
from atsn_tui.mail.body import html_body, text_body
from atsn_tui.mail.legible import one_line
from atsn_tui.model.mail import Message

MAX_SUBJECT = 200
"""The longest subject, in characters."""

MAX_RECIPIENTS = 100
"""The most recipients of one message."""

_POLICY = SMTP.clone(cte_type="7bit")
_HEADER = re.compile(r"X-ATSN-[A-Za-z]{1,20}", re.ASCII)
_HOST = re.compile(r"[^A-Za-z0-9.-]+", re.ASCII)


def compose(
    *,
    identity: str,
    to: Sequence[str],
    sender: str,
    subject: str,
    text: str,
    html: str | None = None,
    headers: Mapping[str, str] | None = None,
    date: datetime,
    host: str,
) -> Message:
    """A finished message. `identity` is new for each message, `date` has a zone, `headers` are X-ATSN-… ones.

    BadInput if an address is none, or if there is no recipient or too many.
    """
    author = parse_address(sender)
    mailboxes = tuple(dict.fromkeys(parse_address(each).mailbox for each in to))
    if not mailboxes:
        raise BadInput(f"the mail {one_line(subject, 80)!r} has no recipient: name at least one")
    if len(mailboxes) > MAX_RECIPIENTS:
        raise BadInput(
            f"the mail {one_line(subject, 80)!r} has {len(mailboxes)} recipients: at most {MAX_RECIPIENTS} are allowed;"
            " use a mailing list"
        )
    title = header_text(subject)
    message_id = f"<{_HOST.sub('-', identity)}@{_HOST.sub('-', host).strip('.-') or 'localhost'}>"
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _header_address(author)
    mail["To"] = [_header_address(Address(mailbox)) for mailbox in mailboxes]
    mail["Subject"] = title
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        if not _HEADER.fullmatch(name):
            raise BadInput(f"{name!r} is no header of ours: they begin with X-ATSN-")
        mail[name] = header_text(value)
    _add_body(mail, text, html)
    return Message(
        message_id=message_id,
        sender=author.mailbox,
        recipients=mailboxes,
        subject=title,
        content=mail.as_bytes(),
    )


def header_text(text: str) -> str:
    """A text that can stand in a header: one line, bounded, and no part of it is taken for a coded word."""
    return one_line(text, MAX_SUBJECT).replace("=?", "= ?")


def _header_address(address: Address) -> HeaderAddress:
    local, at, domain = address.mailbox.rpartition("@")
    if not at:
        local, domain = address.mailbox, ""
    return HeaderAddress(display_name=address.name, username=local, domain=domain)


def _add_body(mail: EmailMessage, text: str, html: str | None) -> None:
    markup, note = (None, "") if html is None else html_body(html)
    mail.set_content(text_body(text) + note, charset="utf-8")
    if markup is not None:
        mail.add_alternative(markup, subtype="html", charset="utf-8")
