"""The question before something is removed."""

from atsn_tui.cli.ask import agreed, someone_there
from atsn_tui.cli.command import Call
from atsn_tui.cli.text.clean import clean
from atsn_tui.errors import BadInput


async def may_remove(call: Call, what: str, yes: bool) -> bool:
    """Whether to go on: `--yes`, or a person's yes. BadInput where nobody can be asked."""
    if yes:
        return True
    if call.as_json or not someone_there():
        raise BadInput(f"this removes {what}, and there is no terminal to ask on: add --yes to do it")
    return await agreed(clean(f"Remove {what}?"))
