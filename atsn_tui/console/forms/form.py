"""A modal form: fields that are checked while they are typed, and saved together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from atsn_tui.console.desk import fault
from atsn_tui.console.dialogs.dialog import Dialog
from atsn_tui.console.footer import Key, KeyLine
from atsn_tui.console.forms.fields import Field, FieldRow
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.title import TitleLine
from atsn_tui.errors import AtsnError

Values = dict[str, str]


@dataclass
class Checked:
    """What a look at all values found, by field key."""

    wrong: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    """What a value means, where that helps."""


def check_each(values: Values, rules: dict[str, Callable[[str], object]]) -> Checked:
    """Apply each field's rule, which raises ValueError or an AtsnError for a bad value."""
    checked = Checked()
    for key, rule in rules.items():
        try:
            rule(values[key])
        except (ValueError, AtsnError) as error:
            checked.wrong[key] = str(error)
    return checked


class FieldBox(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Holds the fields. Up and down go from field to field, so it does not scroll by them."""


class Form(Dialog[bool]):
    """Dismissed with True once `save` went through; what fails there is shown and can be mended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", show=False),
        Binding("ctrl+y", "copy", "Copy", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False),
        # Before the field gets it: what is typed right after it, as over a slow line, belongs to the next field.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    DEFAULT_CSS = """
    Form > #box { width: 90%; max-width: 92; height: auto; max-height: 96%; background: $raised; }
    Form #form-title { background: $panel; }
    Form #form-intro { height: auto; padding: 1 2 0 2; color: $muted; }
    Form #fields { height: auto; padding: 1 2 1 0; scrollbar-size-vertical: 1; }
    Form #form-error { display: none; height: auto; padding: 0 2 1 2; color: $bad; }
    Form #form-error.-shown { display: block; }
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        check: Callable[[Values], Checked],
        save: Callable[[Values], Awaitable[None]],
        *,
        intro: str = "",
        copy: str | None = None,
        verb: str = "Save",
        fill: Callable[[str], Values | None] | None = None,
    ) -> None:
        """`fill` says what a text that was put into any field means for all of them; None: nothing."""
        super().__init__()
        self._title: Line = [(visible(title), "title")]
        self._fields = tuple(fields)
        self._check = check
        self._save = save
        self._intro = intro
        self._copy = copy
        self._fill = fill
        copying: tuple[Key, ...] = (("ctrl+y", "Copy line", "screen.copy"),) if copy else ()
        self._keys = (("enter", verb, "screen.save"), ("tab", "Next field", "app.focus_next"), *copying)
        self._asked_to_leave = False
        self._tried = False

    def compose(self) -> ComposeResult:
        """Title, fields, error, keys."""
        with Vertical(id="box"):
            yield TitleLine(id="form-title")
            if self._intro:
                yield Static(Content(visible(self._intro, lines=True)), id="form-intro")
            with FieldBox(id="fields"):
                for declared in self._fields:
                    yield FieldRow(declared)
            yield Static("", id="form-error", markup=False)
            yield KeyLine((*self._keys, ("esc", "Cancel", "screen.leave")), id="form-keys")

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query_one("#form-title", TitleLine).show(self._title)
        self.query(FieldRow).first().go_there()
        self.call_after_refresh(self.on_resize)
        self.recheck()

    def on_resize(self) -> None:
        """Leave room for what stands above and below the fields; those scroll."""
        others = sum(
            max(1, each.outer_size.height)  # before it is laid out, its size is not known
            for each in self.query_one("#box").children
            if each.id != "fields" and each.display
        )
        self.query_one("#fields").styles.max_height = max(3, self.app.size.height - others - 1)

    @on(events.DescendantFocus)
    def _went(self) -> None:
        """Leave room anew: by now it is known how high all that is."""
        self.call_after_refresh(self.on_resize)

    @property
    def values(self) -> Values:
        """What is typed and chosen, without blanks around it."""
        return {row.field.key: row.value.strip() for row in self.query(FieldRow)}

    def recheck(self) -> Checked:
        """Look at all values and say beneath each field what was found."""
        checked = self._check(self.values)
        for row in self.query(FieldRow):
            key = row.field.key
            wrong = checked.wrong.get(key) if self._tried or row.touched or row.field.value else None
            row.tell(wrong, checked.told.get(key))
        return checked

    @on(FieldRow.Changed)
    def _edited(self, event: FieldRow.Changed) -> None:
        found = self._fill(event.row.value) if self._fill is not None else None
        if found is not None:
            for row in self.query(FieldRow):
                row.value = found.get(row.field.key, "" if row is event.row else row.value)
        self._asked_to_leave = False
        self._fail(None)
        self.recheck()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_save()

    def action_save(self) -> None:
        """Save, or go to the first field that is wrong."""
        self._tried = True
        checked = self.recheck()
        for row in self.query(FieldRow):
            if row.field.key in checked.wrong:
                row.go_there()
                return
        self._do_save(self.values)

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _do_save(self, values: Values) -> None:
        try:
            await self._save(values)
        except AtsnError as error:
            self._fail(error.message)
        except Exception as error:  # it is said where what was typed can still be mended, and not lost
            self._fail(fault(self, error))
        else:
            self.dismiss(True)

    def _fail(self, message: str | None) -> None:
        line = self.query_one("#form-error", Static)
        line.update(Content(visible(message or "", lines=True)))
        line.set_class(message is not None, "-shown")
        self.call_after_refresh(self.on_resize)

    def action_copy(self) -> None:
        """Copy the line that the form offers."""
        if self._copy is not None:
            self.app.copy_to_clipboard(self._copy)
            self.app.notify("Copied.", markup=False)

    def action_leave(self) -> None:
        """Leave without saving; with changes, only when asked twice."""
        if any(row.touched for row in self.query(FieldRow)) and not self._asked_to_leave:
            self._asked_to_leave = True
            self._fail("This is not saved yet: press esc again to leave it, or enter to save.")
            return
        self.dismiss(False)
