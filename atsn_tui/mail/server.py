"""Which SMTP server to use, and how."""

import re
from typing import Literal

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.mail.legible import one_line

Security = Literal["none", "starttls", "tls"]

PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}
"""The port that goes with each kind of security."""

_HOST = re.compile(r"[\w.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+")
_OWN_MACHINE = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


def check_host(host: str, section: str) -> None:
    """BadInput unless it is a host name or an address by itself; `section` is where its settings stand."""
    if host.count(":") == 1:
        raise BadInput(
            f"mail server {one_line(host, 80)!r}: give the port by itself, as in {section}.port=587"
        )
    if not _HOST.fullmatch(host):
        raise BadInput(f"mail server {one_line(host, 80)!r} is no host name: write it as mail.example.org")


class Login(Struct, frozen=True):
    """A user and a password. Showing it never shows the password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


class Server(Struct, frozen=True, kw_only=True):
    """An SMTP server. Times are seconds."""

    host: str
    port: int | None = None
    """None: 587 for starttls, 465 for tls, 25 for none."""
    security: Security = "starttls"
    """starttls and tls are never given up for an open line, whatever the server offers."""
    login: Login | None = None
    verify: bool = True
    """Whether the server must show a certificate that is valid for its name."""
    section: str = "email"
    """Where its settings stand, as messages name it: `email` of a group, or `mail` in config.toml."""
    ca_file: str | None = None
    """A PEM file with the only authorities whose certificates count; None: those of the system."""
    answer_timeout: float = 30
    """How long each answer is waited for."""
    total_timeout: float = 180
    """How long one message may take altogether."""

    def __post_init__(self) -> None:
        check_host(self.host, self.section)
        if self.login is not None and self.security == "none" and not _OWN_MACHINE.fullmatch(self.host):
            raise BadInput(
                f"mail server {self.host}: a password is not sent over an open line; choose starttls or tls"
                f" ({self.section}.security), or take the login away"
            )

    @property
    def place(self) -> str:
        """HOST:PORT, as messages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port or PORTS[self.security]}"
