"""Sections of `config.toml`: what this node reports and how its own mail goes, its sign of life, and foreign clocks."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]

ReportWhen = Literal["never", "always", "on_change", "on_failure"]
"""Which cycles are reported."""


class Reports(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which replication cycles are reported, and where to."""

    when: ReportWhen = "never"
    """`always`, `on_change`: if changes were applied or wait, or a link began to fail or recovered; `on_failure`: the
    latter only."""
    to: tuple[str, ...] = ()
    """Who gets a mail."""
    file: str | None = None
    """An absolute path, which may hold ${VARIABLES} and date patterns such as %Y-%m; without it no file is written."""
    max_bytes: Count = 10_000_000
    """Before it grows beyond that, the file is rotated; 0: never."""
    keep: Annotated[int, Meta(ge=0, le=1000)] = 5
    """Rotated files that are kept."""

    def __post_init__(self) -> None:
        if self.file is not None and not self.file.startswith("/"):
            raise ValueError(f"file {self.file!r} is not absolute: write it as /var/log/atsn/replication.log")


class NodeMail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this node sends its own mail, and which mail servers all mail from here trusts."""

    server: str | None = None
    """The host name of an SMTP server; without it the local sendmail is used."""
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    """Without it 587, 465 or 25, as `security` is starttls, tls or none."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """How the line to the server is encrypted."""
    user: str | None = None
    """The login at the server; without it there is none."""
    password_file: str | None = None
    """A file whose first line is the password; a relative path counts from the node's home."""
    sender: str | None = None
    """As in `ATSN <atsn@example.org>`; without it this user at the machine's name."""
    ca_file: str | None = None
    """A PEM file with the only authorities whose certificates count, for mail of groups too; else the system's."""
    verify: bool = True
    """Whether a mail server must show a certificate that is valid for its name, for mail of groups too."""

    def __post_init__(self) -> None:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together: set both, or none")
        if self.ca_file is not None and not self.ca_file.startswith("/"):
            raise ValueError(
                f"ca_file {self.ca_file!r} is not absolute: write it as /etc/ssl/our-authority.pem"
            )


class Heartbeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign of life to somebody who watches this node from elsewhere."""

    url: str | None = None
    """Requested by the service again and again while its scheduler works; without it nothing is."""
    every: Seconds = 60
    """Seconds between two requests."""

    def __post_init__(self) -> None:
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url is none: write it as https://example.org/ping/some-id")


class ClockLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far apart two clocks may be where the later change wins."""

    limit: Annotated[int, Meta(ge=1, le=86_400)] = 30
    """The most seconds between this clock and a peer's."""
    beyond: Literal["warn", "refuse"] = "warn"
    """What an easy comparison does with a peer whose clock is further away."""
