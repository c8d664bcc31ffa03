"""Every failure: one message on stderr, in the form that was asked for, and the right exit code."""

import fcntl
import signal
import subprocess
import sys
import termios

import pytest

from atsn_tui.cli import failures
from atsn_tui.cli.lazy import VERBS
from atsn_tui.errors import BY_CODE, AtsnError
from atsn_tui.node.groups import Groups
from tests.nodes import Machines, atsn, wait_until
from tests.programs import need


@pytest.mark.parametrize(
    "words",
    [
        ("task", "list"),
        ("task", "list", "ops", "--bogus"),
        ("task", "list", "ops", "more"),
        ("task",),
        ("tsk", "list"),
        ("replicate", "--allow-deletions", "many"),
        ("replicate", "--allow-deletions", "-1"),
        ("replicate", "--strict", "--easy"),
        ("import", "--format", "xml", "f"),
        ("link", "add", "ops", "web1"),
        ("link", "add", "ops", "web1", "--push", "--pull"),
        ("link", "add", "ops", "web1", "--push", "--schedule", "every 5m", "--manual"),
        ("peer", "add", "web1", "--key", "k", "--address", "web1:22"),
        ("peer", "set", "web1"),
        ("--home", "", "status"),
        ("status", "--home", ""),
        ("status", "--home", "/nonexistent/node"),
    ],
)
def test_what_makes_no_sense_exits_with_2_and_as_json_if_asked_for(words: tuple[str, ...]) -> None:
    text = atsn(*words)
    assert (text.code, text.out) == (2, "")
    assert text.err.startswith("atsn: ")
    form = atsn(*words, "--json")
    assert (form.code, form.out) == (2, "")
    assert form.error["code"] in ("bad_input", "not_found")


def test_usage_errors_say_where_help_is() -> None:
    assert "atsn task show --help" in atsn("task", "show").err
    assert "add, list, show" in atsn("task").err
    assert "'task'" in atsn("tsk").err


def test_a_link_without_a_direction_is_told_both() -> None:
    message = atsn("link", "add", "ops", "web1", "--json").error["message"]
    assert "--push" in message
    assert "--pull" in message


def test_an_address_without_host_key_is_told_how_to_get_it() -> None:
    words = ("peer", "add", "web1", "--key", "k", "--address", "web1:22", "--json")
    assert "atsn identity" in atsn(*words).error["message"]


def test_without_a_terminal_there_is_no_console() -> None:
    failed = atsn()
    assert failed.code == 2
    assert "needs a terminal" in failed.err
    assert "atsn --help" in failed.err


def test_the_home_may_stand_before_and_after_the_verb(make_node: Machines) -> None:
    home = str(make_node("hq", listen=False).home)
    assert atsn("--home", home, "identity", "--json").json["name"] == "hq"
    assert atsn("identity", "--home", home, "--json").json["name"] == "hq"
    assert atsn("--home", "/nonexistent", "identity", "--home", home, "--json").json["name"] == "hq"


def test_the_home_may_come_from_the_environment(make_node: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATSN_HOME", str(make_node("hq", listen=False).home))
    assert atsn("identity", "--json").json["name"] == "hq"


@pytest.mark.parametrize("kind", BY_CODE.values())
def test_each_error_has_its_exit_code(
    kind: type[AtsnError], make_node: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node("hq", listen=False)

    async def fail(self: Groups) -> None:
        raise kind("it went wrong")

    monkeypatch.setattr(Groups, "list", fail)
    form = node.atsn("group", "list", "--json")
    assert (form.code, form.error) == (kind.exit_code, {"code": kind.code, "message": "it went wrong"})
    assert node.atsn("group", "list").err == "atsn: it went wrong\n"


def test_what_was_not_foreseen_is_our_own_fault(make_node: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node("hq", listen=False)

    async def fail(self: Groups) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(Groups, "list", fail)
    form = node.atsn("group", "list", "--json")
    assert (form.code, form.error["code"]) == (10, "internal")
    assert "fault of ATSN" in form.error["message"]
    assert "ATSN_DEBUG=1" in form.error["message"]
    assert "Traceback" not in node.atsn("group", "list").err
    monkeypatch.setenv("ATSN_DEBUG", "1")
    assert "Traceback" in node.atsn("group", "list").err


def test_messages_are_wrapped_on_a_terminal_and_commands_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    command = (
        "  atsn peer set web1 --host-key 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEk2RZs1IFNeFuOAsc3oAQaktM'"
    )
    lines = failures.laid_out(f"{'many words ' * 20}\n{command}").split("\n")
    assert all(len(line) < 60 for line in lines[:-1])
    assert lines[-1] == command


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_words_that_are_no_utf8_are_refused_like_others(make_node: Machines, form: tuple[str, ...]) -> None:
    node = make_node("hq", listen=False)
    for words in (("task", "show", "\udcff"), ("group", "add", "\udcff"), ("import", "/none/\udcff")):
        failed = node.atsn(*words, *form)
        assert failed.code == 2, failed
        assert "udcff" in failed.err or "not valid Unicode" in failed.err


def test_an_error_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in atsn("task", "list", "--\x1b[31m").err


def test_ctrl_c_ends_a_command_quietly_even_while_it_reads(make_node: Machines) -> None:
    node = make_node("hq", listen=False)
    reading = subprocess.Popen(
        [sys.executable, "-m", "atsn_tui", "--home", str(node.home), "import", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert reading.stdin is not None
    pipe = reading.stdin.fileno()
    reading.stdin.write(b"\n")
    wait_until(lambda: _unread(pipe) == 0)
    reading.send_signal(signal.SIGINT)
    assert reading.wait(20) == 130
    assert reading.communicate()[1] == b""


def test_a_broken_pipe_is_quiet(make_node: Machines) -> None:
    node = make_node("hq", listen=False)
    line = f"{sys.executable} -m atsn_tui --home {node.home} identity --json | true; echo ${{PIPESTATUS[0]}}"
    need("bash")
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    assert done.stdout in ("141\n", "0\n"), "0 if all was written before the reader went"


def test_output_survives_a_terminal_without_unicode(make_node: Machines) -> None:
    node = make_node("hq", listen=False)
    node.atsn("group", "add", "ops").ok()
    node.add_task("ops", "größe")
    shown = node.started("task", "list", "ops", environ={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert shown.code == 0
    assert "+ on" in shown.out
    form = node.started("task", "list", "ops", "--json", environ={"PYTHONIOENCODING": "ascii"})
    assert form.json[0]["name"] == "größe"


def _unread(pipe: int) -> int:
    """How many bytes wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("task", "delete"), "Did you mean 'rm'?"),
        (("group", "create"), "Did you mean 'add'?"),
        (("start",), "Did you mean 'run' or 'serve'?"),
        (("sync",), "Did you mean 'replicate'?"),
    ],
)
def test_a_command_that_is_called_otherwise_here_is_named(words: tuple[str, ...], meant: str) -> None:
    refused = atsn(*words)
    assert refused.code == 2
    assert meant in refused.err


def test_a_command_of_another_family_is_not_suggested() -> None:
    assert "Did you mean" not in atsn("audit", "delete").err
    assert "Did you mean" not in atsn("delete").err


def test_what_others_call_a_command_is_no_command_here_and_leads_to_one() -> None:
    assert not set(failures.ELSEWHERE) & set(VERBS)
    assert all(failures.ELSEWHERE.values())
