"""The form of a hold: until when, and why."""

from collections.abc import Awaitable, Callable

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values
from atsn_tui.console.look.times import Clock
from atsn_tui.errors import BadInput
from atsn_tui.model import dates

Until = Callable[[str], int]
"""The moment that words such as 2h or 18:00 mean, in µs; BadInput."""


def hold_form(
    what: str, clock: Clock, until: Until, save: Callable[[int | None, str], Awaitable[None]]
) -> Form:
    """A form for pausing something; `save` gets the end in µs, or None, and the note."""

    def check(values: Values) -> Checked:
        checked = Checked()
        try:
            end = _end(values["until"], until)
        except BadInput as error:
            checked.wrong["until"] = error.message
        else:
            checked.told["until"] = (
                "until it is released" if end is None else f"until {clock.full(dates.format_date(end))}"
            )
        return checked

    async def keep(values: Values) -> None:
        await save(_end(values["until"], until), values["note"])

    fields = (
        Field(key="until", label="Until", hint="2h, 18:00, 2026-12-24; empty: until it is released"),
        Field(key="note", label="Why", hint="for whoever wonders"),
    )
    intro = "What is due meanwhile does not run on this node. What runs already goes on."
    return Form(f"Hold {what}", fields, check, keep, intro=intro, verb="Hold")


def _end(words: str, until: Until) -> int | None:
    return until(words) if words else None
