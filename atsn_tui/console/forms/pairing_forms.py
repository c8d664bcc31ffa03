"""The forms of an invite: for making one, and for using the line of one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.errors import BadInput
from atsn_tui.model import text
from atsn_tui.node.runs.until import after
from atsn_tui.replication.pairing.line import read

Wish = Literal["push", "pull"] | None

OFFERED = "offered"
"""The choice of linking what the invite lets this node take over, which is known only once it was looked at."""

_GRANTS = "nothing; or pull, push, status, with commas"
_NO, _PUSH = ("", "no"), ("push", "upload them there")
_LINKS = (_NO, ("pull", "download them here"), _PUSH)
_LINKS_OFFERED = ((OFFERED, "take over what it lets us"), _NO, _PUSH)


def words(typed: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in typed.split(",") if word.strip())


def invite_form(group: str, save: Callable[[Values], Awaitable[None]]) -> Form:
    """A form for an invite; `group` is the one that it may be about."""
    fields = (
        Field(key="name", label="Name", hint="as it calls itself"),
        Field(key="groups", label="Groups", value=group, hint="all; or names, with commas"),
        Field(key="grants", label="May here", value="pull" if group else "", hint=_GRANTS),
        Field(key="allow_from", label="Only from", hint="anywhere; or 10.1.0.0/16"),
        Field(key="link", label="Link", kind="choice", choices=_LINKS),
        Field(key="valid_for", label="Valid for", value="10m", hint="10m, 2h, at most 7d"),
    )
    intro = "You get one line to type on the other machine, which joins this node with it. It works once."
    return Form("Invite a node", fields, _check_invite, save, intro=intro, verb="Invite")


def join_form(save: Callable[[Values], Awaitable[None]]) -> Form:
    """A form for the line that another node's invite was printed as."""
    fields = (
        Field(key="line", label="Line", hint="atsn peer join ATSN1-…"),
        Field(key="name", label="Name", hint="as it calls itself"),
        Field(key="grants", label="May here", hint=_GRANTS),
        Field(key="allow_from", label="Only from", hint="anywhere; or 10.1.0.0/16"),
        Field(key="link", label="Link", value=OFFERED, kind="choice", choices=_LINKS_OFFERED),
    )
    intro = "Paste what atsn peer invite printed on the other machine. Next you see whose line it is."
    return Form("Join a node", fields, _check_join, save, intro=intro, verb="Look")


def wish(values: Values, offered: Sequence[str] = ()) -> Wish:
    """What was chosen for linking; `offered` are the groups that can be taken over."""
    if values["link"] == OFFERED:
        return "pull" if offered else None
    return "push" if values["link"] == "push" else "pull" if values["link"] == "pull" else None


def _check_invite(values: Values) -> Checked:
    def length(value: str) -> None:
        try:
            after(value, 0)
        except BadInput as error:
            raise ValueError(error.message) from error

    return check_each(values, {"name": _name, "grants": _grants, "valid_for": length})


def _check_join(values: Values) -> Checked:
    def line(value: str) -> None:
        try:
            read(value)
        except BadInput as error:
            raise ValueError(error.message) from error

    return check_each(values, {"line": line, "name": _name, "grants": _grants})


def _name(value: str) -> None:
    if value:
        text.check_name("peer name", value)


def _grants(value: str) -> None:
    for word in words(value):
        if word.partition(":")[0] not in ("pull", "push", "status", "none"):
            raise ValueError(f"{word!r} is no grant: write pull, push or status")
