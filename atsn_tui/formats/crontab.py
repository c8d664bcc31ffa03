"""User and system crontabs, read line by line as cronie reads them.

A line that cron would skip is rejected with its number and a reason; everything else is a job with the
environment lines in force at that point of the file. Commented-out jobs are comments.
"""

import re

from msgspec import Struct

from atsn_tui.formats.accounts import can_be_account
from atsn_tui.formats.crontab_environment import read_setting, setting_trouble
from atsn_tui.formats.crontab_fields import FIELDS, NICKNAMES, TimeField, field_trouble
from atsn_tui.model.text import MAX_NAME, MAX_SCHEDULE, MAX_TEXT

_BLANKS = " \t"
_WORD = re.compile(r"(?P<word>[^ \t]*)(?P<gap>[ \t]*)")
_MAIL_OPTION = re.compile(r"-n[ \t]+(?P<command>.+)", re.DOTALL)


class Job(Struct, frozen=True, kw_only=True):
    """One job of a crontab."""

    line: int
    """Counted from 1."""
    schedule: str
    """The five fields, joined by single blanks, or a nickname such as @daily."""
    user: str | None
    """The user column; None in a user's crontab."""
    command: str
    """As written, before the % rule. In a system crontab exactly one blank after the user is cut off."""
    environment: dict[str, str]
    """Every environment line in force, MAILTO, SHELL and CRON_TZ among them."""
    text: str
    """The original line."""
    comment: str = ""
    """The comment lines directly above, without their hashes."""
    mail_on_failure: bool = False
    """The command stood after the option -n: cron mails only if it fails."""


class Rejected(Struct, frozen=True, kw_only=True):
    """A line that cron would not run."""

    line: int
    text: str
    why: str
    """Which field and value, and where it helps what to do."""


class Crontab(Struct, frozen=True, kw_only=True):
    """What a crontab holds, in its order."""

    jobs: tuple[Job, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def parse(data: bytes, *, system: bool) -> Crontab:
    """Read a crontab; with `system` each job names its user, as in /etc/crontab and /etc/cron.d.

    It never fails: whatever cannot be read is among the rejected lines.
    """
    *lines, unfinished = data.split(b"\n")
    reader = _Reader(system=system)
    for number, raw in enumerate(lines, 1):
        reader.read(number, raw)
    reader.refuse_unfinished(len(lines) + 1, unfinished)
    return Crontab(jobs=tuple(reader.jobs), rejected=tuple(reader.rejected))


class _Reader:
    """The state between lines: the environment so far and the comment above the next job."""

    def __init__(self, *, system: bool) -> None:
        self.jobs: list[Job] = []
        self.rejected: list[Rejected] = []
        self._system = system
        self._settings: dict[str, str] = {}
        self._in_force: dict[str, str] | None = None
        self._comment: list[str] = []

    def read(self, number: int, raw: bytes) -> None:
        """Take one line without its newline."""
        start = raw.lstrip(b" \t")
        if start.startswith(b"#"):
            self._comment.append(start.lstrip(b"#").decode(errors="replace").strip())
            return
        if start:
            self._take(number, raw)
        self._comment.clear()

    def refuse_unfinished(self, number: int, raw: bytes) -> None:
        """Refuse what stands after the last newline, unless cron would ignore it anyway."""
        start = raw.lstrip(b" \t")
        if not start or start.startswith(b"#"):
            return
        why = "no newline at the end of the file, so cron never reads this line: add one"
        text = _text_or_trouble(raw)
        if isinstance(text, str) and read_setting(text.lstrip(_BLANKS)) is None:
            job = self._job(number, text)
            why = f"{why}; and {job}" if isinstance(job, str) else why
        self._refuse(number, raw, why)

    def _take(self, number: int, raw: bytes) -> None:
        text = _text_or_trouble(raw)
        if not isinstance(text, str):
            self._refuse(number, raw, text.why)
            return
        setting = read_setting(text.lstrip(_BLANKS))
        if setting is not None:
            self._settings[setting[0]] = setting[1]
            self._in_force = None
            return
        job = self._job(number, text)
        if isinstance(job, Job):
            self.jobs.append(job)
        else:
            self._refuse(number, raw, job)

    def _job(self, number: int, text: str) -> Job | str:
        """The job on a line, or why there is none."""
        # A leading - asks cron not to log the run, which root and system crontabs may.
        when = _read_schedule(text.lstrip(_BLANKS).removeprefix("-"))
        if isinstance(when, str):
            trouble = setting_trouble(text.lstrip(_BLANKS))
            return f"{when}; read as an environment line: {trouble}" if trouble else when
        schedule, rest = when
        user = None
        if self._system:
            who = _read_user(rest)
            if isinstance(who, str):
                return who
            user, rest = who
        command, mail_on_failure = rest, False
        if rest.lstrip(_BLANKS).startswith("-"):
            option = _MAIL_OPTION.fullmatch(rest.lstrip(_BLANKS))
            if option is None or option["command"].startswith("-"):
                return f"bad option: a command may not begin with {_first_word(rest)!r}, cron knows only -n"
            command, mail_on_failure = option["command"], True
        return Job(
            line=number,
            schedule=schedule,
            user=user,
            command=command,
            environment=self._environment(),
            text=text,
            comment="\n".join(self._comment),
            mail_on_failure=mail_on_failure,
        )

    def _environment(self) -> dict[str, str]:
        if self._in_force is None:
            self._in_force = dict(self._settings)
        return self._in_force

    def _refuse(self, number: int, raw: bytes, why: str) -> None:
        self.rejected.append(Rejected(line=number, text=raw.decode(errors="replace"), why=why))


class _Unreadable(Struct, frozen=True):
    why: str


def _text_or_trouble(raw: bytes) -> str | _Unreadable:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return _Unreadable("not UTF-8 text: convert the file, for example with iconv -f latin1 -t utf-8")
    if "\0" in text:
        return _Unreadable("the line holds a NUL byte: remove it")
    if len(text) > MAX_TEXT:
        return _Unreadable(f"the line has {len(text)} characters: at most {MAX_TEXT} are allowed")
    return text


def _read_schedule(text: str) -> tuple[str, str] | str:
    """The schedule and what follows it, or why it is none."""
    if text.startswith("@"):
        nickname, rest = _next_word(text)
        if nickname not in NICKNAMES:
            return f"bad time specifier {nickname!r}: cron knows {', '.join(NICKNAMES)}"
        return (nickname, rest) if rest else "bad command: there is none"
    words: list[str] = []
    rest = text
    for field in FIELDS:
        word, rest = _next_word(rest)
        if not word:
            return f"bad {field.name}: the line ends before it"
        if words and _begins_command(field, word):
            return f"bad {field.name} {word!r}: five time fields are needed before the command"
        why = field_trouble(field, word)
        if why is not None:
            return why
        words.append(word)
    if not rest:
        return "bad command: there is none"
    if rest.startswith("*"):
        return f"bad command {_first_word(rest)!r}: cron takes five time fields, here is a sixth"
    schedule = " ".join(words)
    if len(schedule) > MAX_SCHEDULE:
        return f"the schedule has {len(schedule)} characters, at most {MAX_SCHEDULE} are allowed: use ranges"
    return schedule, rest


def _begins_command(field: TimeField, word: str) -> bool:
    """Whether a field is missing and this is already the command: a path or a word that is no name."""
    if word[0].isalpha():
        return not word.lower().startswith(field.words)
    return word.startswith(("/", "~/", "."))


def _read_user(text: str) -> tuple[str, str] | str:
    """The user column and the command after exactly one blank, or why there is none."""
    match = _WORD.match(text)
    user = match["word"] if match else ""
    command = text[len(user) + 1 :]
    if not can_be_account(user) or len(user) > MAX_NAME:
        return f"bad username {user!r}: a line of a system crontab names the user before the command"
    if not command.strip(_BLANKS):
        return f"bad command: there is none after the user {user!r}"
    return user, command


def _next_word(text: str) -> tuple[str, str]:
    """The first word, and the rest from the next word on."""
    match = _WORD.match(text)
    return (match["word"], text[match.end() :]) if match else ("", text)


def _first_word(text: str) -> str:
    return _next_word(text.lstrip(_BLANKS))[0]
