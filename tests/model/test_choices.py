"""Whoever writes a word that a field does not take is told which it takes."""

from typing import Any

import msgspec
import pytest

from atsn_tui.home.config import Config
from atsn_tui.model.choices import with_choices
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (
            Settings,
            {"name": "x", "log": {"what": "all"}},
            "'all' is none of errors, output, runs - at `$.log.what`",
        ),
        (
            Task,
            {"name": "x", "action": {"type": "command", "command": "x"}, "options": {"overlap": "may - be"}},
            "'may - be' is none of parallel, queue, replace, skip - at `$.options.overlap`",
        ),
        (
            Config,
            {"name": "x", "clock": {"beyond": "shout"}},
            "'shout' is none of refuse, warn - at `$.clock.beyond`",
        ),
        (Settings, {"name": 3}, "Expected `str`, got `int` - at `$.name`"),
    ],
)
def test_the_words_that_a_field_takes_are_told(kind: type[Any], content: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(content, kind)
    assert with_choices(str(caught.value), kind) == said
