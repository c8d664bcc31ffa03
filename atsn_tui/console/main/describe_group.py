"""A group as a page of facts: its settings in short, and whom it is replicated with."""

from collections.abc import Sequence
from typing import Any

from atsn_tui.console.lists.document import GAP, Block, Cells, Fact
from atsn_tui.console.look.plain import fit, visible
from atsn_tui.console.look.runs import hold_line
from atsn_tui.console.look.schedules import in_words
from atsn_tui.console.look.states import arrow, link_sign
from atsn_tui.console.look.times import Clock
from atsn_tui.model.words import plural
from atsn_tui.node.runs.views import HoldView
from atsn_tui.node.views import GroupView, LinkView


def describe_group(
    group: GroupView, links: Sequence[LinkView], clock: Clock, hold: HoldView | None = None
) -> list[Block]:
    """A group; `links` are those of this group, `hold` is what holds all of it."""
    blocks: list[Block] = [Fact("Kind", _kind(group))]
    if group.kept_by is not None:
        blocks.append(
            Fact("Kept by", f"{group.kept_by}; what is changed here is overwritten from there", "warn")
        )
    if group.intake_paused is not None:
        text = f"takes nothing from peers, {group.intake_paused}, who undid here; press h to take it again"
        blocks.append(Fact("Intake", f"‖ {text}", "warn"))
    if hold is not None:
        blocks.append(Fact("Held", f"‖ {hold_line(hold, clock, 'group')}", "warn"))
    if group.replicated and not links:
        blocks.append(Fact("Links", "none yet: press l to add one"))
    if links:
        blocks += [GAP, *(_link(link) for link in links), GAP]
    blocks += [Fact(label, value) for label, value in _settings(group.settings)]
    blocks += [
        Fact("Changed", f"settings {clock.both(group.settings_modified_at)}", "muted"),
        Fact("Id", group.id, "muted"),
        Fact("Content", group.digest[:16], "muted"),
    ]
    return blocks


def _kind(group: GroupView) -> str:
    return f"{'replicated' if group.replicated else 'local to this node'}, {plural(group.tasks, 'task')}"


def _link(link: LinkView) -> Block:
    sign = link_sign(link)
    return Cells(
        [
            (f"{sign.glyph} ", sign.role),
            (fit(arrow(link.direction, visible(link.peer)), 12), "ink"),
            (fit(sign.word, 16), sign.role),
            (f"{link.mode}, {in_words(link.schedule)}", "muted"),
        ],
        cut=True,
    )


def _settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    log, mail = settings.get("log", {}), settings.get("email", {})
    account, days = settings.get("account", {}), settings.get("holidays", {})
    return [
        (label, value)
        for label, value in (
            ("Log", f"{log['path']} ({log.get('what', 'runs')})" if log.get("path") else ""),
            ("Email", _mail(mail)),
            ("Runs as", " ".join(part for part in (account.get("user"), account.get("group")) if part)),
            ("Holidays", _holidays(days)),
            ("Credentials", ", ".join(sorted(settings.get("credentials", {})))),
            ("Environment", ", ".join(sorted(settings.get("environment", {})))),
        )
        if value
    ]


def _mail(mail: dict[str, Any]) -> str:
    when = str(mail.get("when", "never"))
    return (
        "" if when == "never" else f"{when.replace('_', ' ')} to {', '.join(mail.get('to', ())) or 'nobody'}"
    )


def _holidays(days: dict[str, Any]) -> str:
    country = "-".join(part for part in (days.get("country"), days.get("region")) if part)
    own = len(days.get("dates", ()))
    return ", ".join(
        part for part in (country, plural(own, "day of its own", "days of its own") if own else "") if part
    )
