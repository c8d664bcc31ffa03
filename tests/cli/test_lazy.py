"""What a command does not need, it does not import."""

import subprocess
import sys

import pytest

from atsn_tui.cli.lazy import VERBS, load
from tests.nodes import Machines, atsn

HEAVY = {"textual", "asyncssh", "holidays", "croniter", "tomlkit"}


def imported_by(*words: str) -> set[str]:
    """The top-level modules that a command loads."""
    code = (
        "import sys; from atsn_tui.cli.main import main; main(sys.argv[1:]);"
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "words",
    [
        ("task", "list", "ops", "--json"),
        ("task", "list", "ops"),
        ("group", "list"),
        ("status",),
        ("identity",),
    ],
)
def test_looking_loads_neither_the_console_nor_ssh(make_node: Machines, words: tuple[str, ...]) -> None:
    node = make_node("hq", listen=False)
    node.atsn("group", "add", "ops").ok()
    node.add_task("ops", "x", "true", "--schedule", "0 3 * * *")
    loaded = imported_by("--home", str(node.home), *words)
    assert "atsn_tui" in loaded
    assert not loaded & {"textual", "asyncssh", "holidays", "sqlcipher3"}


def test_serving_a_peer_behind_an_sshd_loads_neither() -> None:
    """It is started anew for each link, and it is sshd that speaks SSH there."""
    loaded = imported_by("channel", "--peer", "hq")
    assert "aiosqlite" in loaded
    assert not loaded & {"textual", "asyncssh", "holidays", "croniter"}


def test_the_overview_loads_next_to_nothing() -> None:
    assert not imported_by("--help") & {*HEAVY, "aiosqlite", "rich", "asyncio"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_overview_tells_what_the_verb_itself_tells(verb: str) -> None:
    command = load(verb)
    assert command is not None
    assert (command.help or "").startswith(VERBS[verb][1].rstrip(".")), VERBS[verb][1]


def test_the_overview_names_every_verb_and_the_version_is_told() -> None:
    overview = atsn("--help").ok().out
    assert all(f"\n  {verb} " in overview for verb in VERBS)
    assert atsn("--version").ok().out.startswith("atsn ")


@pytest.mark.parametrize(
    ("words", "key"),
    [(("task", "set"), "options.timeout"), (("task", "add"), "schedules"), (("group", "set"), "email.when")],
)
def test_the_help_lists_every_key_that_can_be_set(words: tuple[str, ...], key: str) -> None:
    assert key in atsn(*words, "--help").ok().out
