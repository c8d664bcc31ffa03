"""The form of a link."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.console.look.schedules import in_words
from atsn_tui.errors import BadInput
from atsn_tui.model.peer import Direction
from atsn_tui.model.plan import Mode
from atsn_tui.node.views import LinkView
from atsn_tui.schedule import parse


@dataclass(frozen=True)
class LinkValues:
    """What was typed and chosen about a link."""

    group: str
    peer: str
    direction: Direction
    mode: Mode
    schedule: str | None
    ask: bool
    max_deletions: int | None


def link_form(link: LinkView, save: Callable[[LinkValues], Awaitable[None]]) -> Form:
    """A form for a link."""

    async def keep(values: Values) -> None:
        ends = {"group": link.group, "peer": link.peer, "direction": link.direction}
        await save(_read({**ends, **values}))

    return Form(f"Link of {link.group} with {link.peer}", _fields(link), _check, keep)


def new_link_form(
    offered: Mapping[str, Sequence[str]],
    group: str,
    peer: str,
    direction: Direction,
    save: Callable[[LinkValues], Awaitable[None]],
) -> Form:
    """A form for a new link between `group` and `peer`; `offered` are the groups that each peer lets us take over."""

    async def keep(values: Values) -> None:
        await save(_read(values))

    def check(values: Values) -> Checked:
        checked, groups = _check(values), offered[values["peer"]]
        if values["direction"] == "pull" and groups:
            checked.told["group"] = f"{values['peer']} lets this node take over: {', '.join(groups)}"
        return checked

    known = sorted({name for names in offered.values() for name in names})
    fields = [*_ends(list(offered), group, peer, direction, known), *_fields(None)]
    return Form("New link", fields, check, keep, verb="Create")


def _read(values: Values) -> LinkValues:
    limit = values["max_deletions"]
    return LinkValues(
        values["group"],
        values["peer"],
        "pull" if values["direction"] == "pull" else "push",
        "strict" if values["mode"] == "strict" else "easy",
        values["schedule"] or None,
        values["apply"] == "ask",
        int(limit) if limit else None,
    )


def _ends(
    peers: Sequence[str], group: str, peer: str, direction: Direction, known: Sequence[str]
) -> list[Field]:
    return [
        Field(
            key="peer", label="Peer", kind="choice", value=peer, choices=tuple((name, name) for name in peers)
        ),
        Field(
            key="direction",
            label="Direction",
            kind="choice",
            value=direction,
            choices=(("push", "→ send to the peer"), ("pull", "← take over from it")),
        ),
        Field(
            key="group",
            label="Group",
            value=group,
            hint="to take over: the name of the peer's group",
            completions=known,
        ),
    ]


def _fields(link: LinkView | None) -> list[Field]:
    return [
        Field(
            key="mode",
            label="Mode",
            kind="choice",
            value=link.mode if link else "easy",
            choices=(("easy", "easy, never deletes"), ("strict", "strict, a full copy")),
        ),
        Field(
            key="schedule",
            label="Schedule",
            value=(link.schedule or "") if link else "",
            hint="by hand only; or every 15m, 0 3 * * *",
        ),
        Field(
            key="apply",
            label="On schedule",
            kind="choice",
            value=link.apply if link else "auto",
            choices=(("auto", "apply by itself"), ("ask", "wait for my yes")),
        ),
        Field(
            key="max_deletions",
            label="Hold above",
            value="" if link is None or link.max_deletions is None else str(link.max_deletions),
            hint="deletions; empty: this node's limit",
        ),
    ]


def _check(values: Values) -> Checked:
    checked = check_each(values, {"schedule": _check_schedule, "max_deletions": _check_count})
    if "group" in values and not values["group"]:
        checked.wrong["group"] = "no group yet: type its name"
    if "schedule" not in checked.wrong:
        checked.told["schedule"] = in_words(values["schedule"] or None)
    return checked


def _check_schedule(value: str) -> None:
    if value:
        parse(value)


def _check_count(value: str) -> None:
    if value and not value.isdecimal():
        raise BadInput(f"{value!r} is no number: type how many deletions may pass, such as 5, or nothing")
