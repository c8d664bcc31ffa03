"""The form of a group: its name, whether it is replicated, and its most used settings."""

from collections.abc import Awaitable, Callable
from typing import Any

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.model import text
from atsn_tui.node.views import GroupView

_WHEN = ("never", "on_failure", "on_recovery", "on_output", "always")


def new_group_form(save: Callable[[str, bool], Awaitable[None]]) -> Form:
    """A form for a new group; `save` gets name and whether it is replicated."""

    async def keep(values: Values) -> None:
        await save(values["name"], values["replicated"] == "true")

    return Form("New group", _first_fields("", True), _check_name, keep, verb="Create")


def group_form(group: GroupView, save: Callable[[dict[str, str]], Awaitable[None]]) -> Form:
    """A form for a group; `save` gets the changed settings by their dotted keys."""
    fields = [*_first_fields(group.name, group.replicated), *_setting_fields(group.settings)]

    async def keep(values: Values) -> None:
        before = {field.key: field.value for field in fields}
        changed = {key.replace("-", "."): value for key, value in values.items() if value != before[key]}
        if changed:
            await save(changed)

    return Form(f"Group {group.name}", fields, _check_name, keep)


def _check_name(values: Values) -> Checked:
    return check_each(values, {"name": lambda value: text.check_name("group name", value)})


def _first_fields(name: str, replicated: bool) -> list[Field]:
    return [
        Field(key="name", label="Name", value=name, hint="Replicated tasks"),
        Field(
            key="replicated",
            label="Kind",
            kind="choice",
            value="true" if replicated else "false",
            choices=(("true", "replicated"), ("false", "local to this node")),
        ),
    ]


def _setting_fields(settings: dict[str, Any]) -> list[Field]:
    def value(section: str, key: str) -> str:
        found = settings.get(section, {}).get(key)
        if isinstance(found, list | tuple):
            return ", ".join(found)
        return "" if found is None else str(found)

    return [
        Field(
            key="log-path",
            label="Log file",
            value=value("log", "path"),
            hint="none; or /var/log/atsn/%Y-%m.log",
        ),
        Field(
            key="email-when",
            label="Email on",
            kind="choice",
            value=value("email", "when") or "never",
            choices=tuple((when, when.replace("_", " ").removeprefix("on ")) for when in _WHEN),
        ),
        Field(key="email-to", label="Email to", value=value("email", "to"), hint="admin@example.org"),
        Field(key="account-user", label="Run as", value=value("account", "user"), hint="the service's user"),
        Field(
            key="holidays-country",
            label="Holidays of",
            value=value("holidays", "country"),
            hint="none; or DE",
        ),
        Field(key="holidays-region", label="Region", value=value("holidays", "region"), hint="none; or BY"),
    ]
