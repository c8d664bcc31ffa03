"""What a person must type before a held plan is applied."""

from collections.abc import Sequence

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from atsn_tui.model.words import plural

_COUNTED = ("deletions", "emptied")


def needed(results: Sequence[LinkResult]) -> Allowance:
    """The least allowance that lets all these plans pass."""
    codes = {brake.code for result in results for brake in result.brakes}
    counted = [result.deletions for result in results if _is_counted(result)]
    return Allowance(
        deletions=max(counted, default=0),
        restored="restored" in codes,
        future="future" in codes,
        other_primary="other_primary" in codes,
    )


def _is_counted(result: LinkResult) -> bool:
    return any(brake.code in _COUNTED for brake in result.brakes)


class AllowForm(Form):
    """Dismissed with True only after the number of deletions, and `yes` to the rest, were typed."""

    def __init__(self, results: Sequence[LinkResult]) -> None:
        held = [result for result in results if result.brakes]
        total = sum(result.deletions for result in held if _is_counted(result))
        others = any(brake.code not in _COUNTED for result in held for brake in result.brakes)
        reasons = "\n".join(f"‖ {result.peer}: {brake.text}" for result in held for brake in result.brakes)
        fields = []
        if total:
            hint = f"type the number of deletions, {total:,}, to let them pass"
            fields.append(Field(key="deletions", label="Deletions", hint=hint))
        if others or not total:
            fields.append(Field(key="yes", label="All the same", hint="type yes"))

        def check(values: Values) -> Checked:
            checked = Checked()
            if "deletions" in values and values["deletions"] != str(total):
                checked.wrong["deletions"] = f"not {plural(total, 'deletion')}: type {total} or press esc"
            if "yes" in values and values["yes"].casefold() != "yes":
                checked.wrong["yes"] = "type yes or press esc"
            return checked

        async def nothing(_: Values) -> None:
            return None

        super().__init__("The receiver would hold this", fields, check, nothing, intro=reasons, verb="Apply")

    def action_leave(self) -> None:
        """Leave at once: there is nothing to lose."""
        self.dismiss(False)
