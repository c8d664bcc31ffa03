"""Mail addresses: which ones are taken, and in which form they go into headers and commands.

Stricter than the standards: what a shell, a mail program or a header might read as something else is refused.
"""

import ipaddress
import re
from collections.abc import Iterable

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.mail.legible import one_line

MAX_LOCAL = 64
MAX_DOMAIN = 253
_LOCAL = re.compile(r"[A-Za-z0-9_+~^#$&=*?!%{}'./-]+", re.ASCII)
_NO_START = ("-", "/", ".", "!")
"""What a mail program might take for an option, a file or a route."""
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>\s*")
_SPECIAL = re.compile(r"[\"(),:;<>@\[\]\\.=?]+")
_MAX_NAME = 40
"""In bytes, so that the coded form fits one line: the standard library folds longer ones wrongly."""


class Address(Struct, frozen=True):
    """A mail address, with the name that stood beside it."""

    mailbox: str
    """As in ops@example.org, or a local user such as root. ASCII only."""
    name: str = ""


class Recipients(Struct, frozen=True):
    """The usable addresses of a list, each once, and what is wrong with the others."""

    mailboxes: tuple[str, ...]
    troubles: tuple[str, ...]


def parse_address(text: str) -> Address:
    """An address such as `ops@example.org`, `Ops <ops@example.org>` or `root`; BadInput says what is wrong."""
    named = _NAMED.fullmatch(text.strip())
    mailbox = named["address"].strip() if named else text.strip()
    return Address(_mailbox(mailbox, text), _name(named["name"]) if named else "")


def check_recipients(addresses: Iterable[str]) -> Recipients:
    """Sort out what can be mailed to; one bad address does not keep the mail from the others."""
    mailboxes: dict[str, None] = {}
    troubles: list[str] = []
    for text in addresses:
        try:
            mailboxes[parse_address(text).mailbox] = None
        except BadInput as error:
            troubles.append(error.message)
    return Recipients(tuple(mailboxes), tuple(troubles))


def _name(text: str) -> str:
    words = _SPECIAL.sub(" ", one_line(text, 200)).split()
    return " ".join(words).encode()[:_MAX_NAME].decode("utf-8", "ignore").rstrip()


def _mailbox(mailbox: str, text: str) -> str:
    local, at, domain = mailbox.rpartition("@")
    if not at:
        local = mailbox
    if not local:
        raise _bad(text, "it is empty" if not mailbox else "nothing stands before the @")
    if not local.isascii():
        raise _bad(text, "only the part after the @ may hold letters beyond ASCII")
    if not _LOCAL.fullmatch(local) or local.startswith(_NO_START) or len(local) > MAX_LOCAL or ".." in local:
        raise _bad(text, f"{one_line(local, 80)!r} is no plain name of at most {MAX_LOCAL} characters")
    if local.endswith("."):
        raise _bad(text, "a dot stands before the @")
    return f"{local}@{_domain(domain, text)}" if at else local


def _domain(domain: str, text: str) -> str:
    if domain.startswith("[") and domain.endswith("]"):
        return f"[{_literal(domain[1:-1], text)}]"
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _bad(text, f"{one_line(domain, 80)!r} is no domain") from error
    if len(plain) > MAX_DOMAIN or not all(_LABEL.fullmatch(label) for label in plain.split(".")):
        raise _bad(text, f"{one_line(domain, 80)!r} is no domain")
    return plain


def _literal(literal: str, text: str) -> str:
    tag, number = ("IPv6:", literal[5:]) if literal.lower().startswith("ipv6:") else ("", literal)
    try:
        if "%" in number:
            raise ValueError("an interface says nothing to another machine")
        address = ipaddress.IPv6Address(number) if tag else ipaddress.IPv4Address(number)
    except ValueError as error:
        raise _bad(text, f"{one_line(literal, 80)!r} is no IP address") from error
    return f"{tag}{address}"


def _bad(text: str, why: str) -> BadInput:
    return BadInput(f"{one_line(text, 100)!r} is no mail address: {why}; write it as ops@example.org")
