"""What a person at the terminal lets happen, brake by brake."""

from collections.abc import Sequence

import msgspec

from atsn_tui.cli.ask import agreed, ask
from atsn_tui.cli.text.results import summary
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult

_QUESTIONS = {
    "restored": "Accept a primary whose history went back?",
    "future": "Accept dates in the future?",
    "other_primary": "Let the group follow this primary from now on?",
}


async def allowed_by_person(results: Sequence[LinkResult], given: Allowance) -> Allowance | None:
    """What may be applied; None if the person wants nothing applied. `given` is not asked for again.

    Under the deletion brake the number of deletions must be typed.
    """
    codes = {brake.code for result in results for brake in result.brakes}
    allow = given
    for code, question in _QUESTIONS.items():
        if code in codes and not getattr(given, code):
            if not await agreed(question):
                return None
            allow = msgspec.structs.replace(allow, **{code: True})
    held = [result for result in results if _deletions_held(result, given)]
    if held:
        total = sum(result.deletions for result in held)
        if await ask(f"Type {total} to let {_these(total)} happen, anything else to stop:") != str(total):
            return None
        return msgspec.structs.replace(allow, deletions=max(result.deletions for result in held))
    return allow if await agreed(f"Apply {summary(results)}?") else None


def _these(total: int) -> str:
    return "this deletion" if total == 1 else f"these {total} deletions"


def _deletions_held(result: LinkResult, given: Allowance) -> bool:
    braked = any(brake.code in ("deletions", "emptied") for brake in result.brakes)
    return braked and result.deletions > given.deletions
