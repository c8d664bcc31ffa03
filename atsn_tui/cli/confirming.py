"""The questions before something is done that many things hang on."""

from atsn_tui.cli.ask import agreed, someone_there
from atsn_tui.cli.command import Call
from atsn_tui.cli.text.clean import clean
from atsn_tui.errors import BadInput


async def confirmed(
    call: Call, question: str, doing: str, yes: bool, way: str = "add --yes to do it"
) -> bool:
    """Whether to go on: `--yes`, or a person's yes. BadInput where nobody can be asked: `this DOING …: WAY`."""
    if yes:
        return True
    if call.as_json or not someone_there():
        raise BadInput(f"this {doing}, and there is no terminal to ask on: {way}")
    return await agreed(clean(question))


async def may_remove(call: Call, what: str, yes: bool) -> bool:
    """Whether to remove it, as `confirmed`."""
    return await confirmed(call, f"Remove {what}?", f"removes {what}", yes)


async def may_go_on(call: Call, question: str, yes: bool) -> bool:
    """Whether to go on with what may go on without a question, too: where nobody can be asked, always."""
    if yes or call.as_json or not someone_there():
        return True
    return await agreed(clean(question))
