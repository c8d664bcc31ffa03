"""The fields of a form: a label, what is typed, and beneath it what is wrong or what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from atsn_tui.console.look.plain import shorten, visible


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field, as a form declares it."""

    key: str
    label: str
    value: str = ""
    kind: Literal["text", "lines", "choice", "secret"] = "text"
    choices: Sequence[tuple[str, str]] = ()
    """Values and their words, for a choice."""
    hint: str = ""
    """Shown in the empty field, in brackets: without colours it must not look like a value."""
    completions: Sequence[str] = ()
    """What is offered while it is typed; the right arrow takes it."""
    part: str = ""
    """The title of the part of the form that begins with this field."""


class Choice(Widget, can_focus=True):
    """One of a few values: all of them in a line if they fit, else one at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l,j", "step(1)", show=False),
        Binding("left,h,k", "step(-1)", show=False),
        Binding("enter", "screen.save", show=False),
    ]

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; padding: 0 1; color: $ink; text-wrap: nowrap; }
    Choice:focus { background: $cursor; }
    """

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices = tuple(choices)
        self.set_reactive(Choice.value, value if value in dict(choices) else self._choices[0][0])

    def render(self) -> Content:
        """The choices, the taken one marked."""
        line = Content("   ").join(
            Content.assemble(
                ("◉ " if value == self.value else "○ ", "$accent" if value == self.value else "$muted"),
                (visible(word), "$ink" if value == self.value else "$muted"),
            )
            for value, word in self._choices
        )
        if line.cell_length <= self.size.width:
            return line
        place = [value for value, _ in self._choices].index(self.value)
        word = shorten(visible(dict(self._choices)[self.value]), self.size.width - 16)
        return Content.assemble(
            ("◂ ", "$accent"),
            (word, "$ink"),
            (" ▸", "$accent"),
            (f"  {place + 1} of {len(self._choices)}", "$muted"),
        )

    def action_step(self, by: int) -> None:
        """Take the next or the previous value."""
        values = [value for value, _ in self._choices]
        self.value = values[(values.index(self.value) + by) % len(values)]
        self.post_message(self.Changed(self))

    def on_click(self, event: events.Click) -> None:
        """Take the next value."""
        event.stop()
        self.action_step(1)


class Lines(TextArea):
    """Several lines of text; tab goes on to the next field."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "screen.leave", show=False)]


class FieldRow(Vertical):
    """A field on the screen."""

    DEFAULT_CSS = """
    FieldRow { height: auto; }
    FieldRow Horizontal { height: auto; }
    FieldRow .part { margin: 1 0 0 2; color: $accent; text-style: bold; }
    FieldRow .mark { width: 2; visibility: hidden; }
    FieldRow .label { width: 12; color: $muted; }
    FieldRow.-here .mark { visibility: visible; color: $accent; }
    FieldRow.-here .label { color: $ink; text-style: bold underline; }
    FieldRow Input.-textual-compact {
        width: 1fr; height: 1; border: none; padding: 0 1; background: $field; color: $ink;
    }
    FieldRow Input.-textual-compact:focus { background: $cursor; border: none; }
    FieldRow Input > .input--placeholder { color: $muted; text-style: italic; }
    FieldRow Lines {
        width: 1fr; height: 3; border: none; padding: 0 1; background: $field; color: $ink;
        scrollbar-size-vertical: 1;
    }
    FieldRow Lines:focus { background: $cursor; border: none; }
    FieldRow .below { display: none; height: auto; padding: 0 0 0 15; }
    FieldRow .below.-wrong { display: block; color: $bad; }
    FieldRow .below.-told { display: block; color: $muted; }
    """

    class Changed(Message):
        """Something else was typed or chosen."""

        def __init__(self, row: "FieldRow") -> None:
            super().__init__()
            self.row = row

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.key}")
        self.field = field
        self.touched = False
        self._below: tuple[str | None, str | None] = (None, None)

    def compose(self) -> ComposeResult:
        """The title of a part, label and field, and the line below."""
        if self.field.part:
            yield Static(self.field.part, classes="part", markup=False)
        with Horizontal():
            yield Static("▸", classes="mark")
            yield Static(self.field.label, classes="label", markup=False)
            yield self._editor()
        yield Static("", classes="below", markup=False)

    def _editor(self) -> Widget:
        field = self.field
        if field.kind == "choice":
            return Choice(field.choices, field.value)
        if field.kind == "lines" or "\n" in field.value:
            area = Lines(
                field.value, tab_behavior="focus", compact=True, soft_wrap=True, placeholder=_hint(field)
            )
            area.cursor_blink = False
            return area
        line = Input(
            field.value,
            placeholder=_hint(field),
            compact=True,
            password=field.kind == "secret",
            select_on_focus=False,
            suggester=SuggestFromList(field.completions, case_sensitive=False) if field.completions else None,
        )
        line.cursor_blink = False
        return line

    @property
    def value(self) -> str:
        """What is typed or chosen."""
        editor = self._the_editor
        return editor.text if isinstance(editor, Lines) else str(editor.value)

    @value.setter
    def value(self, value: str) -> None:
        editor = self._the_editor
        if isinstance(editor, Lines):
            editor.text = value
        else:
            editor.value = value

    @property
    def _the_editor(self) -> Input | Choice | Lines:
        for editor in self.query("Input, Choice, Lines"):
            if isinstance(editor, Input | Choice | Lines):
                return editor
        raise LookupError(f"field {self.field.key} is not on the screen")

    def go_there(self) -> None:
        """Put the cursor into the field."""
        self._the_editor.focus()

    def tell(self, wrong: str | None, told: str | None) -> None:
        """Say beneath the field what is wrong, else what it means."""
        if self._below == (wrong, told):
            return  # a form of many fields asks all of them to at each key
        self._below = (wrong, told)
        below = self.query_one(".below", Static)
        below.update(Content(visible(wrong or told or "", lines=True)))
        below.set_class(bool(wrong), "-wrong")
        below.set_class(bool(told) and not wrong, "-told")

    @on(events.DescendantFocus)
    def _came(self) -> None:
        self.add_class("-here")

    @on(events.DescendantBlur)
    def _left(self) -> None:
        self.remove_class("-here")

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Choice.Changed)
    def _edited(self, event: Message) -> None:
        event.stop()
        if self.value != self.field.value:
            self.touched = True
        self.post_message(self.Changed(self))


def _hint(field: Field) -> str:
    return f"({field.hint})" if field.hint else ""
