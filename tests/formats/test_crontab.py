"""Which lines of a crontab cron would run, and as what."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atsn_tui.formats.crontab import Job, parse


def _job(line: str, *, system: bool = False) -> Job:
    found = parse(f"{line}\n".encode(), system=system)
    assert not found.rejected, found.rejected
    (job,) = found.jobs
    return job


def _why(line: str, *, system: bool = False) -> str:
    found = parse(f"{line}\n".encode(), system=system)
    assert not found.jobs
    (rejected,) = found.rejected
    assert rejected.line == 1
    assert rejected.text == line
    return rejected.why


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/5 0-23/2 1,15 jan-MAR mon-Fri",
        "0 0 * * 7",
        "0 0 * * fri-sun",
        "0 0 * * 5-7",
        "*/70 * * * *",
        "007 * * * *",
        "5,* * * * *",
        "0 0 31 2 *",
        "~ 1~5 * * ~3",
        "30~ ~6 * * *",
        "0 ~ * * *",
    ],
)
def test_fields_that_cron_takes(schedule: str) -> None:
    assert _job(f"{schedule} run me").schedule == schedule


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("60 * * * * x", "bad minute '60': use 0 to 59"),
        ("0 24 * * * x", "bad hour '24': use 0 to 23"),
        ("0 0 0 * * x", "bad day-of-month '0': use 1 to 31"),
        ("0 0 * 13 * x", "bad month '13': use 1 to 12 or jan to dec"),
        ("0 0 * * 8 x", "bad day-of-week '8': use 0 to 7 or sun to sat"),
        ("0 0 * * monday x", "bad day-of-week 'monday': use 0 to 7 or sun to sat"),
        ("5/10 * * * * x", "a step needs a range: write 5-59/10 or */10"),
        ("*/0 * * * * x", "the step '0' must be a number from 1"),
        ("*/+5 * * * * x", "the step '+5' must be a number from 1"),
        ("22-2 * * * * x", "22-2 runs backwards: write 22-59,0-2"),
        ("9~3 * * * * x", "9~3 runs backwards"),
        ("1~5/2 * * * * x", "a random range takes no step"),
        ("0 0 * * sat-sun/2 x", "runs backwards"),
        ("1,,2 * * * * x", "a number is missing"),
        ("1- * * * * x", "a number is missing"),
        ("*x * * * * x", "bad minute '*x'"),
        ("*/5-10 * * * * x", "bad minute '*/5-10'"),
        ("1-2-3 * * * * x", "bad minute '1-2-3'"),
        ("٣ * * * * x", "bad minute '٣'"),
        ("9" * 5000 + " * * * * x", "use 0 to 59"),
        ("*/" + "9" * 5000 + " * * * * x", "the step"),
        ("*/30 * * * sudo x", "bad day-of-week 'sudo': five time fields are needed before the command"),
        ("0 3 /bin/backup", "bad day-of-month '/bin/backup': five time fields are needed"),
        ("0 3", "bad day-of-month: the line ends before it"),
        ("* * * * *", "bad command: there is none"),
        ("* * * * *   ", "bad command: there is none"),
        ("* * * * * * x", "five time fields, here is a sixth"),
        ("@daily", "bad command: there is none"),
        ("@Daily x", "bad time specifier '@Daily': cron knows @reboot"),
        ("@every_minute x", "bad time specifier '@every_minute'"),
        ("{{ minute }} * * * * x", "bad minute '{{': this is a template: render it first"),
        ("0 ${HOUR} * * * x", "bad hour '${HOUR}': this is a template"),
        ("\ufeff* * * * * x", "byte order mark"),
        ("* * * * *\r", "bad day-of-week '*\\r': the line ends as in DOS files"),
        ("\r", "DOS files"),
        ("FOO='a' b", "read as an environment line: nothing may follow the closing quote"),
        ('FOO="a', "read as an environment line: the quote around the value is not closed"),
        ("* * * * * -x y", "bad option"),
        ("* * * * * -n -n y", "bad option"),
        ("* * * * * -n", "bad option"),
        ("- * * * * x", "bad minute"),
        ("* * * * * a\0b", "NUL byte"),
        ("* * * * * " + "x" * 100_000, "at most 100000"),
        (",".join(map(str, range(60))) * 8 + " * * * * x", "bad minute"),
        (",".join(["1"] * 600) + " * * * * x", "the schedule has"),
    ],
)
def test_lines_that_cron_skips_say_why(line: str, why: str) -> None:
    assert why in _why(line)


def test_blanks_between_fields_are_joined_and_those_of_the_command_are_kept() -> None:
    job = _job(" \t0\t 3  * *\t*   tar  -c %x ")
    assert (job.schedule, job.command) == ("0 3 * * *", "tar  -c %x ")


@pytest.mark.parametrize(
    ("line", "user", "command"),
    [
        ("0 3 * * * root /bin/x", "root", "/bin/x"),
        ("0 3 * * *  root\t\t x ", "root", "\t x "),
        ("@daily www-data x", "www-data", "x"),
        ("@daily corp\\jane.doe x", "corp\\jane.doe", "x"),
        ("@daily machine$ x", "machine$", "x"),
    ],
)
def test_a_system_crontab_names_the_user_and_keeps_all_but_one_blank_after_it(
    line: str, user: str, command: str
) -> None:
    job = _job(line, system=True)
    assert (job.user, job.command) == (user, command)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("* * * * * cd /srv && x", "bad username 'cd'"),
        ("* * * * * /usr/bin/x -v", "bad username '/usr/bin/x'"),
        ("* * * * * backup.sh now", "bad username 'backup.sh'"),
        ("* * * * * root", "there is none after the user 'root'"),
        ("* * * * * root \t ", "there is none after the user 'root'"),
        ("@reboot", "bad command"),
    ],
)
def test_a_system_line_needs_a_user_and_a_command(line: str, why: str) -> None:
    assert why in _why(line, system=True)


def test_a_dash_before_the_line_only_asks_cron_not_to_log() -> None:
    assert _job("-*/15 * * * * root x", system=True).schedule == "*/15 * * * *"
    assert _job("-@daily x").schedule == "@daily"


def test_the_option_n_is_no_part_of_the_command() -> None:
    job = _job("@daily root  -n  backup -v", system=True)
    assert (job.command, job.mail_on_failure) == ("backup -v", True)
    assert not _job("@daily backup -n").mail_on_failure


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("A=b", "A", "b"),
        ("  A = b c \t", "A", "b c"),
        ('A=" b "', "A", " b "),
        ("A=' b ' ", "A", " b "),
        ('A="it\'s"', "A", "it's"),
        ("A='say \"x\"'", "A", 'say "x"'),
        ("'A B'=c", "A B", "c"),
        ("A=", "A", ""),
        ('A=""', "A", ""),
        ("A=b=c", "A", "b=c"),
        ("A=$HOME/x # no comment", "A", "$HOME/x # no comment"),
        ("A=b'c", "A", "b'c"),
        ("A=ümlaut\r", "A", "ümlaut"),
    ],
)
def test_environment_lines_follow_crons_quoting(line: str, name: str, value: str) -> None:
    found = parse(f"{line}\n@daily x\n".encode(), system=False)
    assert not found.rejected
    assert found.jobs[0].environment == {name: value}


def test_a_job_sees_the_environment_lines_above_it_only() -> None:
    found = parse(b"A=1\n@daily x\nB=2\nA=3\n@daily y\nMAILTO=\n@daily z\n", system=False)
    assert [job.environment for job in found.jobs] == [
        {"A": "1"},
        {"A": "3", "B": "2"},
        {"A": "3", "B": "2", "MAILTO": ""},
    ]


def test_a_job_with_an_equals_sign_is_no_environment_line() -> None:
    assert _job("* * * * * A=1 x").command == "A=1 x"


def test_comments_and_blank_lines_are_skipped_and_counted() -> None:
    found = parse(b"# a\n\n \t\n  # 1 2 3 4 5 x\n@daily x # kept\n", system=False)
    (job,) = found.jobs
    assert (job.line, job.command, job.text) == (5, "x # kept", "@daily x # kept")
    assert not found.rejected


def test_the_comment_directly_above_a_job_is_kept_with_it() -> None:
    found = parse(b"# far\n\n# one\n## two \n@daily x\n@daily y\n# lost\nA=b\n@daily z\n", system=False)
    assert [job.comment for job in found.jobs] == ["one\ntwo", "", ""]


def test_cron_never_reads_a_last_line_without_newline() -> None:
    found = parse(b"@daily x\n@daily y", system=False)
    assert [job.command for job in found.jobs] == ["x"]
    assert [(item.line, item.text) for item in found.rejected] == [(2, "@daily y")]
    assert "no newline" in found.rejected[0].why


def test_an_unfinished_line_that_is_wrong_as_well_says_both() -> None:
    (rejected,) = parse(b"0 30 * * * x", system=False).rejected
    assert "no newline" in rejected.why
    assert "bad hour '30'" in rejected.why


@pytest.mark.parametrize("data", [b"", b"\n", b"# end", b"  ", b"@daily x\n# end", b"@daily x\n\t"])
def test_an_unfinished_comment_or_blank_is_nothing_to_report(data: bytes) -> None:
    assert not parse(data, system=False).rejected


def test_an_unfinished_environment_line_is_reported() -> None:
    (rejected,) = parse(b"A=b", system=False).rejected
    assert rejected.why.startswith("no newline")
    assert "bad" not in rejected.why


def test_lines_in_another_encoding_are_rejected_by_number_but_not_comments() -> None:
    found = parse("# caf\xe9\n@daily x\n@daily caf\xe9\n".encode("latin-1"), system=False)
    assert [job.line for job in found.jobs] == [2]
    assert [item.line for item in found.rejected] == [3]
    assert "not UTF-8" in found.rejected[0].why


_FRAGMENTS = st.sampled_from(
    [
        "* ",
        "*/5 ",
        "0 ",
        "1-5,7 ",
        "@daily ",
        "root ",
        "A=",
        '"',
        "'",
        "\n",
        "\r",
        "\t",
        "#",
        "%",
        "\\",
        "-n ",
        "~",
    ]
)
_FILES = st.one_of(st.binary(), st.lists(_FRAGMENTS).map("".join).map(str.encode), st.text().map(str.encode))


@given(_FILES, st.booleans())
@example(b"\xef\xbb\xbf* * * * * x\n", False)
def test_any_bytes_give_jobs_and_rejected_lines_and_each_line_once(data: bytes, system: bool) -> None:
    found = parse(data, system=system)
    lines = data.decode(errors="replace").split("\n")
    numbers = [item.line for item in (*found.jobs, *found.rejected)]
    assert len(numbers) == len(set(numbers))
    for item in (*found.jobs, *found.rejected):
        assert item.text == lines[item.line - 1]
    for job in found.jobs:
        assert (job.user is not None) == system
        assert job.command.strip()
        assert job.command in job.text
