"""`${credential:NAME.secret}` in the values of an environment: a part of a credential, named and never written down."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Email, Http, Task

HIDDEN = "*****"
"""What stands in the place of a credential where it is not for use."""

_USE = re.compile(r"\$\{credential:(?P<name>[^{}]*)\}")
_PARTS = ("secret", "user")


class Use(NamedTuple):
    """One reference."""

    variable: str
    """The variable whose value it stands in."""
    name: str
    """The credential's."""
    part: str


def uses(environment: Mapping[str, str]) -> Iterator[Use]:
    """Every reference in the values of an environment. BadInput: one says not which part is meant."""
    for variable, value in environment.items():
        for found in _USE.finditer(value):
            yield _use(variable, found["name"])


def refers(task: Task) -> bool:
    """Whether the task's own environment names a credential, rightly or wrongly."""
    return any(_USE.search(value) for value in task.environment.values())


def environment_of(task: Task, settings: Settings) -> dict[str, str]:
    """What the group and its task set; the task's own values win."""
    return {**settings.environment, **task.environment}


def missing(task: Task, settings: Settings) -> list[str]:
    """What the task needs of the group's credentials and does not find, one phrase each."""
    found: dict[str, None] = {}
    if isinstance(task.action, Email):
        return []
    try:
        for use in uses(environment_of(task, settings)):
            if use.name not in settings.credentials:
                found[f"the group has no credential {use.name!r}, which {use.variable} needs"] = None
            elif use.part == "secret" and settings.credentials[use.name].secret is None:
                found[f"the credential {use.name!r}, which {use.variable} needs, has no secret here"] = None
    except BadInput as error:
        found[error.message] = None
    if isinstance(task.action, Http):
        name = task.action.credential
        if name is not None and name not in settings.credentials:
            found[f"the group has no credential {name!r}, which the request needs"] = None
    return list(found)


def with_credentials(environment: Mapping[str, str], credentials: Mapping[str, Credential]) -> dict[str, str]:
    """The environment with what its references name; those must be there, see `missing`."""

    def value(variable: str, text: str) -> str:
        def part(found: re.Match[str]) -> str:
            use = _use(variable, found["name"])
            credential = credentials[use.name]
            return credential.user if use.part == "user" else credential.secret or ""

        return _USE.sub(part, text)

    return {variable: value(variable, text) for variable, text in environment.items()}


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with every reference hidden, for texts that other people read."""
    return {variable: _USE.sub(HIDDEN, value) for variable, value in environment.items()}


def _use(variable: str, text: str) -> Use:
    name, dot, part = text.rpartition(".")
    if not dot or not name or part not in _PARTS:
        raise BadInput(
            f"{variable}: ${{credential:{text}}} does not say which part of the credential it is: write "
            f"${{credential:{name or text or 'NAME'}.secret}} or ${{credential:{name or text or 'NAME'}.user}}"
        )
    return Use(variable, name, part)
