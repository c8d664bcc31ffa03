"""Messages for the tests, and reading what arrived."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from atsn_tui.mail.message import compose
from atsn_tui.model.mail import Message

MOMENT = datetime(2026, 11, 22, 3, 0, 41, tzinfo=UTC)

AWKWARD = """\
.
..two dots and a line with only a dot above
From here on it is no envelope
{long}
grüße, 日本語, 🎉
trailing blanks   \t
=3D is not an equals sign
""".format(long="x" * 3000)
"""What mail programs stumble over."""


def letter(**changes: Any) -> Message:
    """A message; every part of it may be given."""
    given: dict[str, Any] = {
        "identity": "m1",
        "to": ["ops@example.org"],
        "sender": "atsn@hq.example.org",
        "subject": "hq: nightly-backup failed",
        "text": "It failed.\n",
        "date": MOMENT,
        "host": "hq.example.org",
    }
    return compose(**{**given, **changes})


def read(content: bytes) -> EmailMessage:
    """The message as a mail program sees it."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(content: bytes, kind: str = "plain") -> str:
    """The text (or `html`) body, as it is shown."""
    part = read(content).get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")
