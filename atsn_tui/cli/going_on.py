"""The question before something that cannot be taken back, where it may go on without one, too."""

from atsn_tui.cli.ask import agreed, someone_there
from atsn_tui.cli.command import Call
from atsn_tui.cli.text.clean import clean


async def may_go_on(call: Call, question: str, yes: bool) -> bool:
    """Whether to go on: a person at the terminal says so; with `--yes`, and where nobody can be asked, always."""
    if yes or call.as_json or not someone_there():
        return True
    return await agreed(clean(question))
