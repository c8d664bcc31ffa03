"""The settings of a group: they belong to it and travel with it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from atsn_tui.model import dates, text


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The group's log file. Its path may hold ${VARIABLES} and date patterns such as %Y-%m-%d."""

    path: str | None = None
    what: Literal["errors", "runs", "output"] = "runs"
    max_bytes: Annotated[int, Meta(ge=0)] = 10_000_000
    keep: Annotated[int, Meta(ge=0, le=1000, description="Rotated files that are kept.")] = 5


class Mail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the group sends email, and when."""

    when: Literal["never", "always", "on_output", "on_failure", "on_recovery"] = "never"
    after_failures: Annotated[int, Meta(ge=1, le=1000, description="Failures in a row before a mail.")] = 1
    to: tuple[str, ...] = ()
    sender: str | None = None
    subject: str = "${ATSN_NODE}: ${ATSN_TASK} ${ATSN_RESULT}"
    server: Annotated[str | None, Meta(description="SMTP host; null: the local sendmail.")] = None
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    security: Literal["none", "starttls", "tls"] = "starttls"
    credential: Annotated[str | None, Meta(description="A named credential of the group.")] = None


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As whom tasks run that do not say so themselves."""

    user: str | None = None
    group: str | None = None
    umask: Annotated[str, Meta(pattern=r"^[0-7]{3,4}$")] | None = None
    nice: Annotated[int, Meta(ge=-20, le=19)] | None = None
    login_environment: bool = False

    def __post_init__(self) -> None:
        # The pattern alone would let a line break pass behind it.
        text.check_name("umask", self.umask or "none")


class Holidays(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days off: those of a country and region, more of one's own, and exceptions."""

    country: (
        Annotated[str, Meta(pattern=r"^[A-Z]{2,3}$", description="ISO 3166 code, such as DE.")] | None
    ) = None
    region: Annotated[str | None, Meta(description="Subdivision code, such as BY.")] = None
    dates: Annotated[tuple[str, ...], Meta(description="More days off, as in 2026-12-24.")] = ()
    except_dates: Annotated[tuple[str, ...], Meta(description="Ordinary days all the same.")] = ()

    def __post_init__(self) -> None:
        text.check_name("country", self.country or "none")
        for day in (*self.dates, *self.except_dates):
            dates.check_day("holiday", day)


class Credential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named user and secret, which tasks and mail refer to by name."""

    user: str = ""
    secret: str | None = None


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a group that replicates with it, apart from its tasks."""

    name: str
    log: Log = field(default_factory=Log)
    email: Mail = field(default_factory=Mail)
    account: Account = field(default_factory=Account)
    holidays: Holidays = field(default_factory=Holidays)
    credentials: dict[str, Credential] = {}
    environment: dict[str, str] = {}

    def __post_init__(self) -> None:
        text.check_name("group name", self.name)
        text.check_environment("environment", self.environment)
        for name in self.credentials:
            text.check_name("credential name", name)
