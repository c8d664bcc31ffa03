"""Hypothesis strategies for the model: whole tasks and settings, rows, and sides of a merge."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from atsn_tui.model.dates import NEWEST, OLDEST
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.plan import Side
from atsn_tui.model.record import Row
from atsn_tui.model.settings import Account, Credential, Holidays, Log, Mail, Settings
from atsn_tui.model.task import Command, Email, Http, Options, Task, TaskMail

GROUP_ID = "00000000-0000-4000-8000-000000000000"
"""The id of the group that `sides` makes."""

TASK_IDS = tuple(f"00000000-0000-4000-8000-{number:012d}" for number in range(1, 9))
"""Few ids, so that two sides often hold the same task."""

few_examples = limits(max_examples=25)
"""For tests that draw whole tasks or groups: drawing them takes a while on a slow machine."""

_TEXT = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
_PRINTABLE = st.characters(exclude_categories=("Cs", "Cc"))
_VARIABLES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,11}", fullmatch=True)
_WHENS = ("never", "always", "on_output", "on_failure", "on_recovery")


@cache
def ids() -> SearchStrategy[str]:
    """UUIDs in their usual form."""
    return st.uuids().map(str)


@cache
def dates() -> SearchStrategy[int]:
    """Modification dates in microseconds that a record from elsewhere may have."""
    return st.integers(OLDEST, NEWEST)


@cache
def texts(max_size: int = 40) -> SearchStrategy[str]:
    """Texts of any characters that a program can be given."""
    return st.text(_TEXT, max_size=max_size)


@cache
def names(max_size: int = 20) -> SearchStrategy[str]:
    """One-line names without blanks around them."""
    return st.text(_PRINTABLE, min_size=1, max_size=max_size).map(str.strip).filter(bool)


@cache
def folders() -> SearchStrategy[str]:
    """Folder paths, or none."""
    part = names(8).map(lambda name: name.replace("/", "-"))
    return st.one_of(st.just(""), st.lists(part, min_size=1, max_size=3).map("/".join))


@cache
def environments() -> SearchStrategy[dict[str, str]]:
    """Variables and their values."""
    return st.dictionaries(_VARIABLES, texts(), max_size=4)


@cache
def actions() -> SearchStrategy[Command | Http | Email]:
    """Actions of every kind."""
    lines = texts().filter(lambda line: bool(line.strip()))
    return st.one_of(
        st.builds(Command, command=lines, stdin=st.none() | texts()),
        st.builds(Command, argv=st.lists(texts(10), min_size=1, max_size=3).map(tuple)),
        st.builds(
            Http,
            url=texts(20).map("https://example.org/{}".format),
            method=st.sampled_from(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")),
            headers=st.dictionaries(texts(8), texts(8), max_size=2),
            body=st.none() | texts(),
            expect_status=_tuples(st.integers(100, 599)),
            credential=st.none() | names(),
        ),
        st.builds(
            Email, to=st.lists(texts(10), min_size=1, max_size=2).map(tuple), subject=texts(), body=texts()
        ),
    )


@cache
def tasks() -> SearchStrategy[Task]:
    """Valid tasks with every field in play."""
    return st.builds(
        Task,
        name=names(),
        folder=folders(),
        enabled=st.booleans(),
        action=actions(),
        schedules=_tuples(names()),
        timezone=st.none() | names(),
        start=_days(),
        end=_days(),
        run_as=st.none() | names(),
        run_as_group=st.none() | names(),
        directory=st.none() | names(),
        shell=st.none() | names(),
        environment=environments(),
        nodes=_tuples(names()),
        options=_options(),
        mail=st.builds(TaskMail, when=st.none() | st.sampled_from(_WHENS), to=st.none() | _tuples(texts(10))),
        notes=texts(),
    )


@cache
def settings() -> SearchStrategy[Settings]:
    """Valid settings with every field in play."""
    return st.builds(
        Settings,
        name=names(),
        log=st.builds(
            Log,
            path=st.none() | texts(),
            what=st.sampled_from(("errors", "runs", "output")),
            max_bytes=st.integers(0, 2**40),
            keep=st.integers(0, 1000),
        ),
        email=st.builds(
            Mail,
            when=st.sampled_from(_WHENS),
            after_failures=st.integers(1, 1000),
            to=_tuples(texts(10)),
            sender=st.none() | texts(10),
            subject=texts(),
            server=st.none() | texts(10),
            port=st.none() | st.integers(1, 65_535),
            security=st.sampled_from(("none", "starttls", "tls")),
            credential=st.none() | names(),
        ),
        account=st.builds(
            Account,
            user=st.none() | texts(10),
            group=st.none() | texts(10),
            umask=_umasks(),
            nice=st.none() | st.integers(-20, 19),
            login_environment=st.booleans(),
        ),
        holidays=st.builds(
            Holidays,
            country=st.none() | st.from_regex(r"[A-Z]{2,3}", fullmatch=True),
            region=st.none() | texts(5),
            dates=_tuples(st.dates().map(date.isoformat)),
            except_dates=_tuples(st.dates().map(date.isoformat)),
        ),
        credentials=st.dictionaries(
            names(), st.builds(Credential, user=texts(10), secret=st.none() | texts(10)), max_size=3
        ),
        environment=environments(),
    )


def rows(identities: Sequence[str] = TASK_IDS) -> SearchStrategy[Row]:
    """Rows with few ids, dates and fingerprints, so that ties and conflicts are common."""
    return st.builds(
        Row,
        id=st.sampled_from(identities),
        modified=st.integers(1, 3),
        fingerprint=st.sampled_from((b"a" * 32, b"b" * 32)),
    )


def sides(*, absent: bool = False) -> SearchStrategy[Side]:
    """Sides of the group GROUP_ID with the right digest; with `absent`, at times one that lacks it."""
    present = st.builds(_side, rows((GROUP_ID,)), st.lists(rows(), unique_by=lambda row: row.id))
    nothing = Side(group_id=GROUP_ID, settings=None, tasks={}, digest=None)
    return st.one_of(st.just(nothing), present) if absent else present


def _side(head: Row, tasks: list[Row]) -> Side:
    return Side(
        group_id=GROUP_ID,
        settings=head,
        tasks={row.id: row for row in tasks},
        digest=group_digest(GROUP_ID, head, bucket_hashes(tasks)),
    )


@cache
def _options() -> SearchStrategy[Options]:
    seconds = st.integers(0, 366 * 86_400)
    return st.builds(
        Options,
        timeout=st.none() | seconds,
        kill_after=seconds,
        retries=st.integers(0, 1000),
        retry_delay=seconds,
        retry_backoff=st.integers(1, 10),
        overlap=st.sampled_from(("skip", "queue", "parallel", "replace")),
        missed=st.sampled_from(("skip", "once")),
        missed_window=seconds,
        jitter=seconds,
        success_codes=st.lists(st.integers(0, 255), min_size=1, max_size=3).map(tuple),
        on_holiday=st.sampled_from(("run", "skip", "next_workday")),
        remove_when_over=st.booleans(),
        nice=st.none() | st.integers(-20, 19),
        umask=_umasks(),
    )


@cache
def _umasks() -> SearchStrategy[str | None]:
    return st.none() | st.from_regex(r"[0-7]{3,4}", fullmatch=True)


@cache
def _days() -> SearchStrategy[str | None]:
    return st.none() | st.dates().map(date.isoformat)


def _tuples(items: SearchStrategy[object]) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=3).map(tuple)
