"""`atsn doctor`: what is wrong with this node, and what to do about it."""

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "doctor")
async def doctor(call: Call) -> int:
    """Look for what keeps this node from its work.

    It changes nothing. Exits with 1 when there is a warning or a problem.
    """
    from atsn_tui.cli.forms.doctor import examination_form
    from atsn_tui.cli.passwords import ask, may_type
    from atsn_tui.cli.text.doctor import print_examination
    from atsn_tui.node.doctor.examine import examine

    found = await examine(call.home(), call.actor(), call.passwords(), ask if may_type() else None)
    call.answer(examination_form(found), lambda console: print_examination(console, found))
    return 0 if found.healthy else 1
