"""docs/cli.md and the program tell the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperCommand, TyperGroup

from atsn_tui.cli.failures import BROKEN_PIPE
from atsn_tui.cli.lazy import VERBS, load
from atsn_tui.cli.run import INTERRUPTED
from atsn_tui.errors import BY_CODE
from atsn_tui.model.result import EXIT_CODES

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
EVERYWHERE = {"--json", "--home", "--help", "-h"}


def commands() -> Iterator[tuple[str, TyperCommand]]:
    for verb in VERBS:
        command = load(verb)
        if isinstance(command, TyperGroup):
            for name, each in command.commands.items():
                assert isinstance(each, TyperCommand)
                yield f"{verb} {name}", each
        else:
            assert command is not None
            yield verb, command


def sections() -> dict[str, str]:
    parts = re.split(r"^### `atsn (.+)`$", DOCS, flags=re.MULTILINE)
    return {name: text.partition("\n## ")[0] for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def options_of(command: TyperCommand) -> set[str]:
    options = {word for param in command.params for word in (*param.opts, *param.secondary_opts)}
    return {word for word in options if word.startswith("-")} - EVERYWHERE


def documented_options(text: str) -> set[str]:
    """The options in a section's list, which stand in backquotes at the beginning or beside others."""
    listed = "\n".join(re.findall(r"^- .+?(?=^- |\Z)", text, flags=re.MULTILINE | re.DOTALL))
    return set(re.findall(r"`(--?[a-z][a-z-]*)", listed)) - EVERYWHERE


def test_every_command_is_documented_and_no_other() -> None:
    assert {name for name, _ in commands()} == set(sections())


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_option_is_documented_and_no_other(name: str) -> None:
    assert documented_options(sections()[name]) == options_of(dict(commands())[name])


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_option_and_command_explains_itself(name: str, command: TyperCommand) -> None:
    assert command.help
    for param in command.params:
        assert getattr(param, "help", None), f"{name}: {param.name}"


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_speaks_json_but_three(name: str, command: TyperCommand) -> None:
    speaks = any("--json" in param.opts for param in command.params)
    assert speaks == (name not in ("serve", "channel", "demo"))


def test_every_exit_code_is_documented() -> None:
    rows = {int(code): row for code, row in re.findall(r"^\| (\d+) \| (.+)$", DOCS, flags=re.MULTILINE)}
    assert set(rows) == {kind.exit_code for kind in BY_CODE.values()} | set(EXIT_CODES.values()) | {
        INTERRUPTED,
        BROKEN_PIPE,
    }
    for code, kind in BY_CODE.items():
        assert f"`{code}`" in rows[kind.exit_code]


def json_form(title: str) -> Any:
    """The example under `### title` of the JSON forms."""
    found = re.search(rf"^### {re.escape(title)}\n.*?```json\n(.+?)```", DOCS, flags=re.MULTILINE | re.DOTALL)
    assert found, title
    return json.loads(found[1])
