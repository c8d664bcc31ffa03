"""Groups and tasks by the command line, and their JSON forms."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from atsn_tui.model.record import Origin
from atsn_tui.model.task import Task
from tests.nodes import Machine, Machines


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    node = make_node("hq", listen=False)
    node.atsn("group", "add", "ops").ok()
    return node


def test_a_group_is_replicated_unless_it_is_local(hq: Machine) -> None:
    made = hq.atsn("group", "add", "notes", "--local", "--json").ok().json
    assert made["replicated"] is False
    listed = {group["name"]: group for group in hq.atsn("group", "list", "--json").ok().json}
    assert (listed["ops"]["replicated"], listed["notes"]["replicated"]) == (True, False)
    assert listed["notes"]["id"] == made["id"]


def test_a_group_is_shown_with_its_settings(hq: Machine) -> None:
    hq.atsn("group", "set", "ops", "email.when=always", "environment.SITE=a=b").ok()
    shown = hq.atsn("group", "show", "ops", "--json").ok().json
    assert shown["settings"]["email"]["when"] == "always"
    assert shown["settings"]["environment"] == {"SITE": "a=b"}
    assert shown["tasks"] == 0
    assert len(shown["digest"]) == 64
    text = hq.atsn("group", "show", "ops").ok().out
    assert "email.when" in text
    assert "log.keep" not in text, "a default is not worth a line"


def test_a_task_is_one_flat_object_with_all_its_fields(hq: Machine) -> None:
    form = hq.add_task(
        "ops", "dump", "echo $HOME", "--schedule", "0 3 * * *", "--schedule", "every 2h", "--folder", "db/nightly",
        "--set", "timeout=5m", "--set", "environment.A=1", "--set", "user=backup", "--set", "timezone=Europe/Berlin",
    )  # fmt: skip
    assert form.keys() >= {field.encode_name for field in msgspec.structs.fields(Task)}
    assert form["command"] == "echo $HOME"
    assert form["schedules"] == ["0 3 * * *", "every 2h"]
    assert (form["folder"], form["run_as"], form["timezone"]) == ("db/nightly", "backup", "Europe/Berlin")
    assert form["environment"] == {"A": "1"}
    assert form["options"]["timeout"] == 300
    assert form["origin"]["kind"] in get_args(msgspec.structs.fields(Origin)[0].type)
    assert form["next_at"].endswith("Z")
    group = hq.atsn("group", "show", "ops", "--json").json
    assert (form["group_id"], form["group"]) == (group["id"], "ops")
    assert hq.atsn("task", "list", "ops", "--json").ok().json == [form | {"next_at": form["next_at"]}]


@pytest.mark.parametrize(
    ("pairs", "command"),
    [
        (["argv=/bin/echo 'two words'"], "/bin/echo 'two words'"),
        (["action.type=http", "action.url=https://example.org/"], None),
        (["action.type=email", "action.to=a@example.org", "action.subject=hi"], None),
    ],
)
def test_the_command_of_a_task_is_a_shell_line_or_null(
    hq: Machine, pairs: list[str], command: str | None
) -> None:
    options = [word for pair in pairs for word in ("--set", pair)]
    form = hq.atsn("task", "add", "ops", "x", *options, "--json").ok().json
    assert form["command"] == command
    shown = hq.atsn("task", "show", "ops/x").ok().out
    assert "example.org" in shown or "two words" in shown


def test_a_task_is_named_by_path_or_by_the_beginning_of_its_id(hq: Machine) -> None:
    form = hq.add_task("ops", "dump", "true", "--folder", "db")
    for which in ("ops/db/dump", form["id"], form["id"][:6]):
        assert hq.atsn("task", "show", which, "--json").ok().json["id"] == form["id"]


def test_an_unknown_task_is_answered_with_the_nearest(hq: Machine) -> None:
    hq.add_task("ops", "nightly-dump")
    failed = hq.atsn("task", "show", "ops/nigthly-dump", "--json")
    assert failed.code == 2
    assert failed.error["code"] == "not_found"
    assert "ops/nightly-dump" in failed.error["message"]
    assert failed.out == ""


def test_an_ambiguous_task_is_answered_with_every_candidate(hq: Machine) -> None:
    ids = {hq.add_task("ops", "twin")["id"] for _ in range(2)}
    failed = hq.atsn("task", "show", "ops/twin", "--json")
    assert (failed.code, failed.error["code"]) == (2, "ambiguous")
    assert all(identity in failed.error["message"] for identity in ids)


def test_setting_a_task_changes_all_or_nothing(hq: Machine) -> None:
    before = hq.add_task("ops", "dump", "true", "--schedule", "0 3 * * *")
    failed = hq.atsn("task", "set", "ops/dump", "schedules=0 4 * * *", "retries=many")
    assert failed.code == 2
    assert "retries" in failed.err
    assert hq.atsn("task", "show", "ops/dump", "--json").json["fingerprint"] == before["fingerprint"]
    after = (
        hq.atsn("task", "set", "ops/dump", "schedules=0 4 * * *; every 2h", "retries=2", "--json").ok().json
    )
    assert after["schedules"] == ["0 4 * * *", "every 2h"]
    assert after["modified_at"] > before["modified_at"]


def test_tasks_are_disabled_and_enabled(hq: Machine) -> None:
    hq.add_task("ops", "one")
    hq.add_task("ops", "two")
    off = hq.atsn("task", "disable", "ops/one", "ops/two", "--json").ok().json
    assert [task["enabled"] for task in off] == [False, False]
    assert "○ off" in hq.atsn("task", "list", "ops").out
    on = hq.atsn("task", "enable", "ops/two", "--json").ok().json
    assert [(task["name"], task["enabled"]) for task in on] == [("two", True)]


def test_one_wrong_name_disables_nothing(hq: Machine) -> None:
    hq.add_task("ops", "one")
    assert hq.atsn("task", "disable", "ops/one", "ops/two").code == 2
    assert hq.atsn("task", "show", "ops/one", "--json").json["enabled"] is True


@pytest.mark.parametrize("words", [("task", "rm", "ops/one"), ("group", "rm", "ops")])
@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_what_a_script_removes_is_removed_without_a_question(
    hq: Machine, words: tuple[str, ...], form: tuple[str, ...], yes: tuple[str, ...]
) -> None:
    hq.add_task("ops", "one")
    removed = hq.atsn(*words, *yes, *form).ok()
    assert "one" not in hq.atsn("task", "list").out
    if form:
        assert len(removed.json["removed"]) == 1
    hq.atsn("undo", "ops", "--yes").ok()
    assert hq.names("ops") == {"one"}


def test_a_secret_comes_from_a_file_or_from_standard_input_and_is_never_shown(
    hq: Machine, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("pa ss\n")
    hq.atsn(
        "group", "set", "ops", "credentials.db.user=u", f"credentials.db.secret=@{tmp_path / 'secret'}"
    ).ok()
    assert '"pa ss"' in hq.atsn("export", "ops", "--secrets").ok().out
    hq.atsn("group", "set", "ops", "credentials.db.secret=@-", stdin=b"other\r\n").ok()
    assert '"other"' in hq.atsn("export", "ops", "--secrets").ok().out
    hq.atsn("group", "set", "ops", "credentials.db.secret=@@home").ok()
    assert '"@home"' in hq.atsn("export", "ops", "--secrets").ok().out
    shown = hq.atsn("group", "show", "ops", "--json").ok()
    assert shown.json["settings"]["credentials"] == {"db": {"user": "u", "secret": {"omitted": True}}}
    assert "@home" not in hq.atsn("group", "show", "ops").out


def test_a_missing_secret_file_is_named(hq: Machine, tmp_path: Path) -> None:
    failed = hq.atsn("group", "set", "ops", f"credentials.db.secret=@{tmp_path}/none")
    assert failed.code == 2
    assert f"{tmp_path}/none" in failed.err


@pytest.mark.parametrize("pairs", [("timeout",), ("=5",), ("retries=1", "retries=2")])
def test_words_that_set_nothing_are_refused(hq: Machine, pairs: tuple[str, ...]) -> None:
    hq.add_task("ops", "one")
    assert hq.atsn("task", "set", "ops/one", *pairs).code == 2


def test_an_option_and_set_must_not_say_the_same_thing_twice(hq: Machine) -> None:
    failed = hq.atsn("task", "add", "ops", "x", "--command", "true", "--set", "command=false")
    assert failed.code == 2
    assert "twice" in failed.err


def test_adopting_an_id_makes_the_group_the_same_as_elsewhere(hq: Machine) -> None:
    uuid = "6f1c0d9e-3a52-4c1b-9a65-0d2f6a8b7c11"
    assert hq.atsn("group", "adopt", "ops", uuid, "--json").ok().json["id"] == uuid


def test_text_from_elsewhere_is_neither_markup_nor_a_way_to_steer_the_terminal(hq: Machine) -> None:
    hq.add_task("ops", "a[/b] [red]", "echo '\x1b[31m\x07 \u202e' [bold]x")
    for words in (("task", "list", "ops"), ("task", "show", "ops/a[/b] [red]")):
        text = hq.atsn(*words).ok().out
        assert "a[/b] [red]" in text
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
    form = hq.atsn("task", "list", "ops", "--json").ok()
    assert form.json[0]["command"] == "echo '\x1b[31m\x07 \u202e' [bold]x"
    assert "\u202e" not in form.out
    assert r"\x1b[31m\x07 \u202e" in text
    assert "[bold]x" in text


def test_a_task_that_another_follows_is_removed_only_by_force(hq: Machine) -> None:
    hq.add_task("ops", "backup", "df")
    report = hq.add_task("ops", "report", "df", "--schedule", "after backup")
    refused = hq.atsn("task", "rm", "ops/backup", "--yes", "--json")
    assert (refused.code, refused.error["code"]) == (3, "refused")
    assert "report follows backup" in refused.error["message"]
    hq.atsn("task", "rm", "ops/backup", "--yes", "--force").ok()
    assert hq.atsn("task", "show", report["id"], "--json").ok().json["schedules"] == ["after backup"]
    again = hq.atsn("task", "add", "ops", "late", "-c", "df", "-s", "after bakcup", "--json")
    assert (again.code, again.error["code"]) == (2, "bad_input")


def test_a_folder_may_be_left_out_where_one_task_alone_has_the_name(hq: Machine) -> None:
    first = hq.add_task("ops", "dump", "true", "--folder", "databases")
    assert hq.atsn("task", "show", "ops/dump", "--json").ok().json["id"] == first["id"]
    hq.add_task("ops", "dump", "true", "--folder", "logs")
    unclear = hq.atsn("task", "show", "ops/dump", "--json")
    assert (unclear.code, unclear.error["code"]) == (2, "ambiguous")
    assert {"ops/databases/dump", "ops/logs/dump"} <= set(unclear.error["message"].split())
    here = hq.add_task("ops", "dump")
    assert hq.atsn("task", "show", "ops/dump", "--json").ok().json["id"] == here["id"], (
        "the exact name counts"
    )


def test_a_choice_may_be_written_in_words(hq: Machine) -> None:
    hq.add_task("ops", "rotate")
    shown = hq.atsn("task", "set", "ops/rotate", "on_holiday=next workday", "--json").ok().json
    assert shown["options"]["on_holiday"] == "next_workday"


def test_a_task_is_changed_with_the_options_that_it_was_made_with(hq: Machine) -> None:
    hq.add_task("ops", "rotate")
    words = (
        "--command",
        "df -h",
        "--schedule",
        "@daily",
        "--folder",
        "disks",
        "--set",
        "timeout=5m",
        "notes=n",
    )
    shown = hq.atsn("task", "set", "ops/rotate", *words, "--json").ok().json
    assert (shown["command"], shown["schedules"], shown["folder"]) == ("df -h", ["@daily"], "disks")
    assert (shown["options"]["timeout"], shown["notes"]) == (300, "n")
    twice = hq.atsn("task", "set", "ops/rotate", "--command", "a", "command=b", "--json")
    assert (twice.code, "command is given twice" in twice.error["message"]) == (2, True)
    for verb in (("task", "set", "ops/rotate"), ("group", "set", "ops")):
        assert "nothing is to be changed" in hq.atsn(*verb).err
    assert hq.atsn("group", "set", "ops", "--set", "email.when=always", "--json").ok().json["settings"]


def test_lists_and_variables_may_be_written_as_json(hq: Machine) -> None:
    hq.add_task("ops", "rotate")
    words = ('nodes=["a","tag:b"]', "success_codes=[0,1]", 'environment={"A":"b=c","D":""}')
    shown = hq.atsn("task", "set", "ops/rotate", *words, "--json").ok().json
    assert (shown["nodes"], shown["options"]["success_codes"]) == (["a", "tag:b"], [0, 1])
    assert shown["environment"] == {"A": "b=c", "D": ""}
    assert hq.atsn("task", "set", "ops/rotate", "environment=null", "--json").ok().json["environment"] == {}
    for wrong in ('environment=["A"]', 'nodes=["a"', "credentials={}"):
        assert hq.atsn("task", "set", "ops/rotate", wrong).code == 2


def test_without_a_group_the_tasks_of_all_are_listed_with_their_groups(hq: Machine) -> None:
    hq.atsn("group", "add", "certs", "--local").ok()
    hq.add_task("ops", "rotate")
    hq.add_task("certs", "renew")
    listed = hq.atsn("task", "list", "--json").ok().json
    assert {(task["folder"], task["name"]) for task in listed} == {("", "rotate"), ("", "renew")}
    text = hq.atsn("task", "list").ok().out
    assert "ops/rotate" in text
    assert "certs/renew" in text


def test_what_keeps_a_task_from_running_here_is_told_when_it_is_saved(hq: Machine) -> None:
    made = hq.atsn("task", "add", "ops", "rotate", "-c", "true", "--set", "run_as=no-such-user").ok()
    assert "ops/rotate will not run on this node" in made.err
    assert "no-such-user does not exist" in made.err
    assert hq.atsn("task", "set", "ops/rotate", "run_as=null").ok().err == ""
    changed = hq.atsn("task", "set", "ops/rotate", "directory=/no/such/place").ok()
    assert "directory /no/such/place is missing" in changed.err
    assert hq.atsn("task", "set", "ops/rotate", "notes=told before").ok().err == ""


def test_a_name_that_another_task_has_is_taken_with_a_warning(hq: Machine) -> None:
    first = hq.add_task("ops", "backup", "df", "--folder", "db")
    added = hq.atsn("task", "add", "ops", "backup", "-c", "df", "-f", "db").ok()
    assert "ops/db/backup is now the name of 2 tasks" in added.err
    assert first["id"] in added.err
    other = hq.atsn("task", "add", "ops", "backup", "-c", "df", "-f", "files").ok()
    assert other.err == ""
    moved = hq.atsn("task", "set", "ops/files/backup", "folder=db").ok()
    assert "is now the name of 3 tasks" in moved.err


def test_a_group_and_a_folder_stand_for_all_tasks_in_them(hq: Machine) -> None:
    for name, folder in (("a", ""), ("b", "db"), ("c", "db/night"), ("d", "dbs"), ("db", "")):
        hq.add_task("ops", name, "df", "--folder", folder)

    def on() -> set[str]:
        return {task["name"] for task in hq.atsn("task", "list", "ops", "--json").json if task["enabled"]}

    outcome = hq.atsn("task", "disable", "ops").ok()
    assert outcome.out.startswith("Disabled 5 tasks: ops/")
    assert on() == set()
    assert "ops/db\n" in hq.atsn("task", "enable", "ops/db").ok().out
    assert on() == {"db"}, "a task of that very name comes first"
    hq.atsn("task", "rm", "ops/db", "--yes").ok()
    assert len(hq.atsn("task", "enable", "ops/db", "--json").ok().json) == 2
    assert on() == {"b", "c"}
    again = hq.atsn("task", "enable", "ops/db", "ops/a").ok()
    assert again.out.startswith("Enabled 3 tasks, 2 were so already: ")
    missing = hq.atsn("task", "enable", "ops/nothing", "--json")
    assert missing.error["code"] == "not_found"
    hq.atsn("group", "add", "empty").ok()
    assert "there is no task in it" in hq.atsn("task", "enable", "empty").ok().out


def test_the_list_says_which_tasks_are_held(hq: Machine) -> None:
    hq.add_task("ops", "one")
    hq.add_task("ops", "two")
    hq.atsn("hold", "ops/one").ok()
    held = [line for line in hq.atsn("task", "list", "ops").ok().out.splitlines() if "‖ held" in line]
    assert len(held) == 1
    assert "one" in held[0]
    hq.atsn("hold", "ops").ok()
    assert hq.atsn("task", "list", "ops").out.count("‖ held") == 2


def test_a_mail_server_with_a_port_is_refused_at_once(hq: Machine) -> None:
    refused = hq.atsn("group", "set", "ops", "email.server=127.0.0.1:2525")
    assert refused.code == 2
    assert "give the port by itself, as in email.port=587" in refused.err
    assert hq.atsn("group", "show", "ops", "--json").json["settings"]["email"]["server"] is None


def test_many_tasks_are_named_in_order(hq: Machine) -> None:
    for name in ("c", "a", "b"):
        hq.add_task("ops", name)
    assert "Disabled 3 tasks: ops/a, ops/b, ops/c" in hq.atsn("task", "disable", "ops").ok().out
