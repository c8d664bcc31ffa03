"""Why a task runs or does not run, as a page."""

from atsn_tui.console.lists.document import GAP, Block, Fact, Words
from atsn_tui.console.look.runs import decision_line, remark, run_line, run_sign
from atsn_tui.console.look.times import Clock
from atsn_tui.node.runs.views import WhyView


def describe_why(why: WhyView, clock: Clock) -> list[Block]:
    """What stands in its way first, then the evidence."""
    if why.obstacles:
        blocks: list[Block] = [Words(text, "warn", lead="‖ ") for text in why.obstacles]
    else:
        blocks = [Words("Nothing stands in its way.", "good", lead="✓ ")]
    if why.also_in is not None:
        told = f"Cron runs it too, by {why.also_in}: take the line out there, or switch the task off."
        blocks.append(Words(told, "warn", lead="▲ "))
    blocks += [Words(note, "muted", lead="· ") for note in why.notes]
    blocks += [GAP, Fact("Task", why.task), Fact("Runs", why.schedule), Fact("Next", clock.both(why.next_at))]
    if why.last is None:
        blocks.append(Fact("Last run", "none yet on this node", "muted"))
    else:
        sign = run_sign(why.last)
        blocks.append(Fact("Last run", f"{sign.glyph} {run_line(why.last, clock)}", sign.role))
        if remark(why.last):
            blocks.append(Fact("", remark(why.last), "muted"))
    if why.decisions:
        blocks += [GAP, Words("Due times that did not run", "title")]
        blocks += [Fact(clock.brief(each.last_at), decision_line(each)) for each in why.decisions]
    return blocks
