"""A task: what runs, when, as whom and under which rules."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from atsn_tui.model import dates, text

Seconds = Annotated[int, Meta(ge=0, le=366 * 86_400)]


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="command"):
    """Run a program: `command` by a shell, or `argv` directly."""

    command: Annotated[str, Meta(description="A line for the shell.")] = ""
    argv: Annotated[tuple[str, ...], Meta(description="Program and arguments, run without a shell.")] = ()
    stdin: Annotated[str | None, Meta(description="Text given on standard input.")] = None

    def __post_init__(self) -> None:
        if bool(self.command.strip()) == bool(self.argv):
            raise ValueError(
                "a command action needs either `command` (a shell line) or `argv` (a program and arguments)"
            )
        text.check_text("command", self.command)
        for word in self.argv:
            text.check_text("argv", word)
        text.check_text("stdin", self.stdin or "")


class Http(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="http"):
    """Send one HTTP request."""

    url: str
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: dict[str, str] = {}
    body: str | None = None
    expect_status: Annotated[
        tuple[int, ...], Meta(description="Statuses that mean success; empty: 200 to 299.")
    ] = ()
    credential: Annotated[
        str | None, Meta(description="A named credential of the group, sent as basic login.")
    ] = None

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://", "${")):
            raise ValueError(f"url {self.url!r} must begin with http:// or https://")
        for value in (self.url, self.body or "", *self.headers, *self.headers.values()):
            text.check_text("http", value)


class Email(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="email"):
    """Send one email by the group's mail settings."""

    to: tuple[str, ...]
    subject: str
    body: str = ""

    def __post_init__(self) -> None:
        if not self.to:
            raise ValueError("an email action needs at least one recipient in `to`")
        for value in (*self.to, self.subject, self.body):
            text.check_text("email", value)


Action = Command | Http | Email


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run is carried out. All durations are whole seconds."""

    timeout: Annotated[Seconds | None, Meta(description="End the run after this long; null: never.")] = None
    kill_after: Annotated[Seconds, Meta(description="From TERM to KILL.")] = 10
    retries: Annotated[int, Meta(ge=0, le=1000)] = 0
    retry_delay: Seconds = 60
    retry_backoff: Annotated[
        int, Meta(ge=1, le=10, description="Each retry waits this many times longer.")
    ] = 1
    overlap: Literal["skip", "queue", "parallel", "replace"] = "skip"
    missed: Annotated[Literal["skip", "once"], Meta(description="Due while the node was down.")] = "skip"
    missed_window: Annotated[Seconds, Meta(description="`once` looks back this far.")] = 86_400
    jitter: Annotated[Seconds, Meta(description="Start up to this much later, stable per task and node.")] = 0
    success_codes: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = (0,)
    on_holiday: Literal["run", "skip", "next_workday"] = "run"
    remove_when_over: bool = False
    nice: Annotated[int, Meta(ge=-20, le=19)] | None = None
    umask: Annotated[str, Meta(pattern=r"^[0-7]{3,4}$")] | None = None

    def __post_init__(self) -> None:
        # The pattern alone would let a line break pass behind it.
        text.check_name("umask", self.umask or "none")
        if not self.success_codes:
            raise ValueError("success_codes is empty: name at least one exit code, usually 0")


class TaskMail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The task's own mail rule; what is null follows the group's."""

    when: Literal["never", "always", "on_output", "on_failure", "on_recovery"] | None = None
    to: Annotated[tuple[str, ...] | None, Meta(description="Recipients; an empty list means: send none.")] = (
        None
    )


class Task(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a task: everything that its fingerprint covers. Id and date stand beside it."""

    name: str
    folder: Annotated[
        str, Meta(description="Path inside the group, as in databases/nightly; empty: at the top.")
    ] = ""
    enabled: bool = True
    action: Action
    schedules: Annotated[tuple[str, ...], Meta(description="When it runs; several may be given.")] = ()
    timezone: Annotated[str | None, Meta(description="Such as Europe/Berlin; null: the node's own.")] = None
    start: Annotated[str | None, Meta(description="First day, as in 2026-12-24.")] = None
    end: Annotated[str | None, Meta(description="Last day, as in 2026-12-31.")] = None
    run_as: Annotated[
        str | None, Meta(description="User; null: the group's account, else the service's user.")
    ] = None
    run_as_group: str | None = None
    directory: Annotated[str | None, Meta(description="Working directory; null: the user's home.")] = None
    shell: Annotated[
        str | None, Meta(description="Runs `command`; null: SHELL of the environment, else /bin/sh.")
    ] = None
    environment: dict[str, str] = {}
    nodes: Annotated[
        tuple[str, ...], Meta(description="Where it runs: node names, tag:NAME, !NAME; empty: on every node.")
    ] = ()
    options: Options = field(default_factory=Options)
    mail: TaskMail = field(default_factory=TaskMail)
    notes: str = ""

    def __post_init__(self) -> None:
        text.check_name("task name", self.name)
        text.check_folder(self.folder)
        text.check_environment("environment", self.environment)
        text.check_text("notes", self.notes)
        dates.check_day("start", self.start)
        dates.check_day("end", self.end)
        for schedule in self.schedules:
            text.check_name("schedule", schedule, text.MAX_SCHEDULE)
        for node in self.nodes:
            text.check_name("node", node)
        for what in ("timezone", "run_as", "run_as_group", "directory", "shell"):
            word = getattr(self, what)
            if word is not None:
                text.check_name(what, word)

    @property
    def path(self) -> str:
        """Folder and name, as a person writes them."""
        return f"{self.folder}/{self.name}" if self.folder else self.name
