"""Import and export by the command line."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines

CRONTAB = """\
MAILTO=ops@example.org
# the nightly backup
0 3 * * * /usr/local/bin/backup --all
*/5 * * * * echo [a/b]
61 * * * * never
"""


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq", listen=False)


@pytest.fixture
def crontab(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    path.write_text(CRONTAB)
    return path


def test_a_crontab_arrives_disabled_and_says_why_and_how_to_enable_it(hq: Machine, crontab: Path) -> None:
    outcome = hq.atsn("import", str(crontab)).ok()
    assert "because cron still runs the originals" in outcome.out
    assert "atsn task enable 'Imported from root/backup'" in outcome.out
    assert "[a/b]" in outcome.out
    tasks = hq.atsn("task", "list", "Imported from root", "--json").ok().json
    assert [task["enabled"] for task in tasks] == [False, False]
    hq.atsn("task", "enable", "Imported from root/backup").ok()


def test_it_says_whether_anything_was_imported(hq: Machine, crontab: Path) -> None:
    assert "nothing is imported yet; it would be 2 tasks added" in hq.atsn("import", str(crontab), "-n").out
    assert "✓ 2 tasks added, 0 updated" in hq.atsn("import", str(crontab)).out
    assert "tasks added" not in hq.atsn("import", str(crontab)).out


def test_rejected_lines_are_warnings_with_number_text_and_reason(hq: Machine, crontab: Path) -> None:
    outcome = hq.atsn("import", str(crontab)).ok()
    assert "line 5" in outcome.err
    assert "61 * * * * never" in outcome.err
    form = hq.atsn("import", str(crontab), "--json").ok()
    assert form.err == ""
    [rejected] = form.json["imports"][0]["rejected"]
    assert (rejected["line"], rejected["text"]) == (5, "61 * * * * never")
    assert rejected["why"]


def test_importing_again_leaves_unchanged_lines_alone(hq: Machine, crontab: Path) -> None:
    hq.atsn("import", str(crontab)).ok()
    hq.atsn("task", "set", "Imported from root/backup", "schedules=0 4 * * *").ok()
    assert hq.atsn("import", str(crontab), "--dry-run").code == 0
    crontab.write_text(CRONTAB.replace("*/5", "*/10").replace("0 3 * * * /usr/local/bin/backup --all\n", ""))
    assert hq.atsn("import", str(crontab), "--dry-run").code == 1
    [form] = hq.atsn("import", str(crontab), "--json").ok().json["imports"]
    assert [line["task"] for line in form["updated"]] == ["echo"]
    assert [line["task"] for line in form["vanished"]] == ["backup"]
    text = hq.atsn("import", str(crontab)).ok().out
    assert "unchanged and left alone" in text
    assert "kept" in text


def test_a_crontab_goes_into_a_group_and_folder_and_may_be_enabled(hq: Machine, crontab: Path) -> None:
    hq.atsn("group", "add", "ops").ok()
    words = ("--into", "ops", "--folder", "cron/root", "--enable", "--format", "crontab")
    outcome = hq.atsn("import", str(crontab), *words).ok()
    assert "are disabled" not in outcome.out
    tasks = hq.atsn("task", "list", "ops", "--json").json
    assert [(task["folder"], task["enabled"]) for task in tasks] == [("cron/root", True)] * 2


def test_a_dry_run_changes_nothing(hq: Machine, crontab: Path) -> None:
    assert hq.atsn("import", str(crontab), "--dry-run").code == 1
    assert hq.atsn("group", "list", "--json").json == []


def test_standard_input_is_imported_too(hq: Machine) -> None:
    hq.atsn("import", "-", stdin=CRONTAB.encode()).ok()
    assert hq.atsn("group", "list", "--json").json[0]["name"] == "Imported from stdin"
    assert hq.atsn("import", "-", "-").code == 2


def test_a_file_that_cannot_be_read_is_named_before_anything_changes(
    hq: Machine, crontab: Path, tmp_path: Path
) -> None:
    failed = hq.atsn("import", str(crontab), f"{tmp_path}/none", "--json")
    assert (failed.code, failed.error["code"]) == (2, "bad_file")
    assert "none" in failed.error["message"]
    assert hq.atsn("group", "list", "--json").json == []


def test_what_was_imported_before_a_bad_file_is_told(hq: Machine, crontab: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"format": "atsn-snapshot", "version": 99}')
    failed = hq.atsn("import", str(crontab), str(tmp_path / "bad.json"))
    assert failed.code == 2
    assert str(crontab) in failed.err


def test_a_snapshot_goes_out_and_comes_back_on_another_node(
    hq: Machine, make_node: Machines, tmp_path: Path
) -> None:
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "one", "true", "--schedule", "0 3 * * *")
    file = tmp_path / "ops.json"
    form = hq.atsn("export", "ops", "-o", str(file), "--json").ok().json
    assert (form["file"], form["tasks"], form["secrets"]) == (str(file), 1, False)
    assert file.read_text() == hq.atsn("export", "ops").ok().out
    assert json.loads(file.read_text())["format"] == "atsn-snapshot"
    web1 = make_node("web1", listen=False)
    assert web1.atsn("import", str(file), "--dry-run").code == 1
    web1.atsn("import", str(file)).ok()
    assert web1.digest("ops") == hq.digest("ops")


def test_a_strict_import_deletes_what_the_snapshot_lacks_and_an_easy_one_does_not(
    hq: Machine, tmp_path: Path
) -> None:
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "one")
    file = tmp_path / "ops.json"
    hq.atsn("export", "ops", "-o", str(file)).ok()
    digest = hq.digest("ops")
    hq.add_task("ops", "two")
    assert hq.atsn("import", str(file), "--into", "ops", "--dry-run").code == 0
    strict = hq.atsn("import", str(file), "--into", "ops", "--mode", "strict", "--dry-run")
    assert strict.code == 1
    assert "− two" in strict.out
    hq.atsn("import", str(file), "--into", "ops", "--mode", "strict").ok()
    assert hq.digest("ops") == digest


def test_a_file_with_secrets_is_private_and_others_follow_the_umask(hq: Machine, tmp_path: Path) -> None:
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("group", "set", "ops", "credentials.db.secret=@-", stdin=b"pass").ok()
    for options, mode in ((("--secrets",), 0o600), ((), 0o640)):
        file = tmp_path / f"{mode:o}.json"
        umask = os.umask(0o027)
        try:
            hq.atsn("export", "ops", "-o", str(file), *options).ok()
        finally:
            os.umask(umask)
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert ('"pass"' in file.read_text()) == bool(options)


def test_a_secret_that_nobody_knows_is_asked_for(hq: Machine, make_node: Machines, tmp_path: Path) -> None:
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("group", "set", "ops", "credentials.db.secret=@-", stdin=b"pass").ok()
    file = tmp_path / "ops.json"
    hq.atsn("export", "ops", "-o", str(file)).ok()
    outcome = make_node("web1", listen=False).atsn("import", str(file)).ok()
    assert "credentials.db.secret=@FILE" in outcome.err


def test_an_export_into_a_directory_is_refused(hq: Machine, tmp_path: Path) -> None:
    hq.atsn("group", "add", "ops").ok()
    failed = hq.atsn("export", "ops", "-o", str(tmp_path))
    assert failed.code == 2
    assert "is a directory" in failed.err


def test_a_file_without_a_job_makes_no_group(make_node: Machines, tmp_path: Path) -> None:
    hq = make_node("hq", listen=False)
    crontab = tmp_path / "table"
    crontab.write_text("# nothing yet\nMAILTO=root\n")
    outcome = hq.atsn("import", str(crontab), "--format", "crontab").ok()
    assert "there is no job in it, so no group was made" in outcome.out
    assert hq.atsn("group", "list", "--json").json == []
    hq.atsn("group", "add", "ops").ok()
    into = hq.atsn("import", str(crontab), "--format", "crontab", "--into", "ops").ok()
    assert into.out.rstrip().endswith("there is no job in it")


def test_a_file_of_which_no_line_is_a_job_says_so_and_names_no_group(hq: Machine, tmp_path: Path) -> None:
    users = tmp_path / "passwd"
    users.write_text("root:x:0:0:root:/root:/bin/bash\njane:x:1000:1000::/home/jane:/bin/sh\n")
    outcome = hq.atsn("import", str(users), "--format", "crontab").ok()
    assert "nothing was imported: no line of it is a job, so no group was made" in " ".join(
        outcome.out.split()
    )
    assert "Imported from" not in outcome.out
    assert outcome.err.count("is left out") == 2
    dry = hq.atsn("import", str(users), "--format", "crontab", "--dry-run").ok()
    assert "nothing would be imported" in " ".join(dry.out.split())
    assert "Imported from" not in dry.out
    [form] = hq.atsn("import", str(users), "--format", "crontab", "--json").ok().json["imports"]
    assert (form["group_id"], form["added"], len(form["rejected"])) == (None, [], 2)
    assert hq.atsn("group", "list", "--json").json == []
