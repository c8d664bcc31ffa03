"""How answers are laid out: legible at 80 columns, without colour, and safe."""

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.console import Console

from atsn_tui.cli.text.clean import clean, one_line
from atsn_tui.cli.text.lists import task_table
from atsn_tui.cli.text.moments import moment
from atsn_tui.cli.text.results import print_results, summary
from atsn_tui.cli.text.screen import console
from atsn_tui.cli.text.status import print_status
from atsn_tui.cli.text.tables import short_ids
from atsn_tui.cli.text.values import value
from atsn_tui.model.brake import Brake
from atsn_tui.model.record import Origin
from atsn_tui.model.result import Applied, ChangeView, ErrorView, FieldChange, LeftAlone, LinkResult
from atsn_tui.model.task import Command, Task
from atsn_tui.node.views import StatusView, TaskView, TroubleView

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
IDS = ("3f72498d-6cb4-499f-b181-5c2681bf9174", "3f72498d-6cb4-4aaa-b181-5c2681bf9174")


def shown(results: list[LinkResult], width: int = 80, changes: bool = True) -> str:
    stream = io.StringIO()
    print_results(Console(file=stream, width=width, markup=False, highlight=False), results, changes)
    return stream.getvalue()


def result(**fields: object) -> LinkResult:
    usual: dict[str, object] = {
        "group": "ops", "group_id": IDS[0], "peer": "web1", "direction": "push", "mode": "strict", "state": "differs",
    }  # fmt: skip
    return LinkResult(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain – größe ✓", "plain – größe ✓"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("no\u00a0break", "no break"),
        ("\udc80", r"\udc80"),
        ("\u2028", r"\u2028"),
    ],
)
def test_what_could_steer_a_terminal_is_written_out(text: str, safe: str) -> None:
    assert clean(text) == safe


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert clean("a\nb\r\n", keep_lines=True) == "a\nb\\r\n"
    assert one_line("echo a\necho b") == "echo a …"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=5), "in 5 s"),
        (timedelta(minutes=-3), "3 min ago"),
        (timedelta(hours=2, minutes=5), "in 2 h 5 min"),
        (timedelta(hours=-17, minutes=-5), "17 h ago"),
    ],
)
def test_near_moments_are_distances(distance: timedelta, words: str) -> None:
    assert moment((NOW + distance).isoformat(), NOW) == words


def test_far_moments_are_local_time() -> None:
    then = datetime(2027, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=5)))
    assert moment(then.isoformat(), NOW) == then.astimezone().strftime("%Y-%m-%d %H:%M")
    assert moment(None) == "–"


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (None, "–"), (True, "yes"), ("", '""'), (5, "5"), (["a", "b"], "a; b"), ({"A": "1"}, "A=1"),
        ({"omitted": True}, "(secret)"), ({"a": {"b": 1}}, '{"a":{"b":1}}'),
    ],
)  # fmt: skip
def test_values_are_words(thing: object, words: str) -> None:
    assert value(thing) == words


def test_short_ids_are_long_enough_to_differ() -> None:
    assert short_ids([IDS[0]]) == {IDS[0]: IDS[0][:8]}
    assert len(set(short_ids(IDS).values())) == 2


def test_a_change_tells_what_why_and_each_field() -> None:
    fields = (FieldChange(field="schedules", before=["0 3 * * *"], after=["*/30 * * * *"]),)
    changes = (
        ChangeView(op="add", task_id=IDS[0], name="db/vacuum", why="missing here"),
        ChangeView(op="update", task_id=IDS[1], name="a[/b]", why="newer on primary", fields=fields),
        ChangeView(
            op="update",
            task_id=IDS[1],
            name="new",
            why="older on primary",
            replaced_at=(datetime.now(UTC) - timedelta(minutes=2, seconds=5)).isoformat(),
        ),
        ChangeView(
            op="delete",
            task_id=IDS[1],
            name="old",
            why="only on secondary",
            fields=(
                FieldChange(field="action.command", before="rm -rf /tmp/x"),
                FieldChange(field="name", before="old"),
            ),
        ),
    )
    text = shown([result(changes=changes)])
    assert "ops → web1  push, strict  ▲ differs" in text
    assert "+ db/vacuum  missing on web1" in text
    assert "~ a[/b]      newer here" in text
    assert "~ new        ! overwrites a newer edit from 2 min ago" in text
    assert "− old        only on web1\n      − action.command  rm -rf /tmp/x\n" in text
    assert "schedules  0 3 * * * → */30 * * * *" in text


def test_long_and_many_lined_values_stand_under_each_other() -> None:
    field = FieldChange(field="action.command", before="one", after="two\nthree " + "x" * 100)
    text = shown([result(changes=(ChangeView(op="update", task_id="", name="t", why="w", fields=(field,)),))])
    assert "        − one\n        + two\n        + three" in text
    assert all(len(line) <= 80 for line in text.split("\n"))


def test_a_held_link_tells_why_and_how_to_let_it_pass() -> None:
    brakes = (
        Brake(code="deletions", text="9 of 10 tasks would be deleted"),
        Brake(code="future", text="dates"),
    )
    held = result(
        state="held",
        brakes=brakes,
        deletions=9,
        error=ErrorView(code="held", message="9 of 10 tasks would …"),
    )
    text = shown([held], width=200)
    assert "‖ held: 9 of 10 tasks would be deleted" in text
    assert "atsn replicate ops --peer web1 --yes --allow-deletions 9 --allow-future" in text
    assert "✗" not in text


def test_an_error_conflicts_and_notes_are_told() -> None:
    text = shown(
        [
            result(
                direction="pull",
                state="refused",
                notes=("will start running: x",),
                conflicts=(ChangeView(op="update", task_id="", name="t", why="same date, other content"),),
                error=ErrorView(
                    code="refused", message="no grant; type there:\n  atsn peer set hq --grant push"
                ),
            )
        ]
    )
    assert "ops ← web1" in text
    assert "note: will start running: x" in text
    assert "! t  same date, other content: left as it is" in text
    assert "✗ no grant; type there:" in text
    assert "atsn peer set hq --grant push" in text


def test_what_easy_mode_leaves_alone_is_told_with_where_it_is() -> None:
    left = LeftAlone(newer=1, extra=2)
    assert "  left alone on web1: 1 edited later, 2 not here\n" in shown(
        [result(state="in_sync", left_alone=left)]
    )
    pulled = result(state="in_sync", direction="pull", left_alone=LeftAlone(extra=1200))
    assert "  left alone here: 1,200 not on web1\n" in shown([pulled])


def test_after_an_apply_only_the_outcome_is_told() -> None:
    change = ChangeView(op="add", task_id="", name="t", why="missing here")
    done = result(state="applied", changes=(change,), applied=Applied(added=1, settings=1))
    assert shown([done], changes=False) == (
        "ops → web1  push, strict  ✓ applied\n  ✓ 1 added, 0 updated, 0 deleted, settings\n"
    )
    assert summary([done, result(state="in_sync")]) == "1 change on 1 of 2 links"


def test_the_status_points_to_the_trouble_that_it_has_told() -> None:
    trouble = TroubleView(place="reports.file", since=None, text="reports.file cannot be written")
    view = StatusView(
        name="hq", node_id=IDS[0], version="1.0", service="running", listen=None, groups=(), peers=(), links=(),
        healthy=False, troubles=(trouble,),
    )  # fmt: skip
    stream = io.StringIO()
    print_status(Console(file=stream, width=80, markup=False, highlight=False), view)
    assert stream.getvalue().endswith(
        "✗ reports.file cannot be written\n▲ something needs attention: see above\n"
    )


def test_a_table_for_a_pipe_cuts_nothing() -> None:
    task = Task(name="n" * 150, action=Command(command="true"))
    view = TaskView(
        id=IDS[0], group_id=IDS[1], group="ops", task=task, modified_at="", fingerprint="", origin=Origin(),
        schedule="every day " * 20,
    )  # fmt: skip
    stream = io.StringIO()
    console(stream).print(task_table([view]))
    line = stream.getvalue().split("\n")[1]
    assert "n" * 150 in line
    assert "every day " * 19 in line
    assert "3f72498d" in line
