"""`atsn import --take-over`, `--crontab`, `--user` and `atsn give-back`, as typed."""

import json
import os
from typing import Any

import pytest

from atsn_tui.home import locks
from atsn_tui.home.home import Home
from tests.cli.terminal import Terminal
from tests.cli.test_docs import DOCS, json_form
from tests.nodes import Machine
from tests.takeover.conftest import ME, TABLE, Cron

GROUP = "Imported from site"
TAKE = ("--take-over", "--without-service")


def enabled(hq: Machine, group: str = GROUP) -> list[bool]:
    return [task["enabled"] for task in hq.atsn("task", "list", group, "--json").ok().json]


def test_taking_over_tells_what_happened_and_how_to_undo_it(hq: Machine, cron: Cron) -> None:
    path = cron.write(TABLE).path
    outcome = hq.atsn("import", str(path), *TAKE).ok()
    assert "2 lines are taken over" in outcome.out
    assert str(hq.home / "crontabs") in outcome.out
    assert f"atsn give-back {path}" in outcome.out
    assert "cron still runs the originals" not in outcome.out
    assert "line 6 is left out" in outcome.err
    assert enabled(hq) == [True, True]
    outcome = hq.atsn("give-back", str(path)).ok()
    assert "2 lines are given back" in outcome.out
    assert path.read_text() == TABLE
    assert enabled(hq) == [False, False]


def test_taking_over_has_the_documented_keys(hq: Machine, cron: Cron) -> None:
    path = cron.write(TABLE + "#atsn 00000000 11111111# @daily root df\n").path
    [form] = hq.atsn("import", str(path), *TAKE, "--json").ok().json["imports"]
    documented: Any = json_form("imports")["imports"][0]
    assert set(form) == {*documented, "take_over"}
    part = json.loads(DOCS.partition("`take_over`")[2].partition("```json\n")[2].partition("```")[0])
    assert set(form["take_over"]) == set(part)
    for key in ("taken", "left"):
        assert set(form["take_over"][key][0]) == set(part[key][0])
    outcome = hq.atsn("give-back", "--yes", "--json").ok()
    [given], [documented] = outcome.json["given_back"], json_form("given back")["given_back"]
    assert set(given) == set(documented)
    assert set(given["given"][0]) == set(documented["given"][0])


def test_a_dry_run_of_either_exits_with_1_if_something_would_change(hq: Machine, cron: Cron) -> None:
    path = cron.write(TABLE).path
    dry = hq.atsn("import", str(path), "--take-over", "--dry-run")
    assert (dry.code, path.read_text()) == (1, TABLE)
    assert "would be taken over" in dry.out
    hq.atsn("import", str(path), *TAKE).ok()
    assert hq.atsn("import", str(path), "--take-over", "--dry-run").code == 0
    taken = path.read_text()
    dry = hq.atsn("give-back", "--dry-run")
    assert (dry.code, path.read_text()) == (1, taken)
    assert "would be given back" in dry.out
    hq.atsn("give-back", "--yes").ok()
    dry = hq.atsn("give-back", "--dry-run").ok()
    assert "Nothing is taken over from cron" in dry.out


def test_without_a_service_it_is_refused_and_says_what_to_do(hq: Machine, cron: Cron) -> None:
    path = cron.write(TABLE).path
    failed = hq.atsn("import", str(path), "--take-over")
    assert failed.code == 3
    assert "atsn service install" in failed.err
    assert "--without-service" in failed.err
    assert path.read_text() == TABLE
    with locks.exclusive(Home(hq.home).service_lock):
        hq.atsn("import", str(path), "--take-over").ok()


def test_ones_own_crontab_and_that_of_a_user_are_imported_with_their_users(hq: Machine, cron: Cron) -> None:
    cron.write_own("@daily df\n")
    for words in (("--crontab",), ("--user", ME), ("--crontab", "--user", ME), (str(cron.spool / ME),)):
        [form] = hq.atsn("import", *words, "--json").ok().json["imports"]
        assert (form["file"], form["group"]) == (f"crontab of {ME}", f"Imported from crontab of {ME}")
    [task] = hq.atsn("task", "list", form["group"], "--json").ok().json
    assert (task["run_as"], task["enabled"]) == (ME, False)
    outcome = hq.atsn("import", "--user", ME, *TAKE).ok()
    assert f"atsn give-back --user {ME}" in outcome.out
    assert cron.own.read().startswith(b"#atsn ")
    hq.atsn("give-back", "--crontab").ok()
    assert cron.own.read() == b"@daily df\n"


def test_a_plain_import_of_a_live_crontab_tells_of_taking_over(hq: Machine, cron: Cron) -> None:
    assert "--take-over" in hq.atsn("import", str(cron.write(TABLE).path)).ok().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to import"),
        (("COPY", *TAKE), "no crontab that cron on this machine reads"),
        (("-", *TAKE), "no crontab that cron on this machine reads"),
        (("SITE", "--take-over", "--enable"), "leave --enable and --format out"),
        (("SITE", "--take-over", "--format", "crontab"), "leave --enable and --format out"),
        (("SITE", "--without-service"), "goes with --take-over only"),
        pytest.param(
            *(("--user", "stranger", *TAKE), "stranger"),
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask for others' crontabs"),
        ),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    hq: Machine, cron: Cron, words: tuple[str, ...], told: str
) -> None:
    site = cron.write(TABLE).path
    (cron.root / "copy").write_text(TABLE)
    named = {"SITE": str(site), "COPY": str(cron.root / "copy")}
    before = hq.dump()
    failed = hq.atsn("import", *(named.get(word, word) for word in words))
    assert failed.code == 2
    assert told in failed.err
    assert (hq.dump(), site.read_text()) == (before, TABLE)


def test_everything_is_given_back_only_after_a_question(hq: Machine, cron: Cron) -> None:
    path = cron.write(TABLE).path
    hq.atsn("import", str(path), *TAKE).ok()
    taken = path.read_text()
    failed = hq.atsn("give-back")
    assert failed.code == 2
    assert "add --yes" in failed.err
    assert path.read_text() == taken


def test_the_question_may_be_answered_with_no(hq: Machine, cron: Cron) -> None:
    cron.write_own("@daily df\n")
    hq.atsn("import", "--crontab", *TAKE).ok()
    taken = cron.own.read()
    for answer, code in (("n", 1), ("y", 0)):
        terminal = Terminal("--home", str(hq.home), "give-back")
        terminal.type(f"{answer}\n", after="[y/N]")
        assert terminal.end() == code
        assert (cron.own.read() == taken) == (answer == "n")


def test_what_was_never_taken_over_is_named(hq: Machine, cron: Cron) -> None:
    cron.write(TABLE)
    failed = hq.atsn("give-back", str(cron.site.path), "--json")
    assert (failed.code, failed.error["code"]) == (2, "not_found")


def test_whoever_uninstalls_the_service_is_told_of_lines_that_nobody_runs_then(
    hq: Machine, cron: Cron
) -> None:
    hq.atsn("import", str(cron.write(TABLE).path), *TAKE).ok()
    root = ("--system", "--root", str(cron.root))
    hq.atsn("service", "install", *root).ok()
    outcome = hq.atsn("service", "uninstall", *root).ok()
    assert "2 lines of" in outcome.err
    assert "atsn give-back" in outcome.err
