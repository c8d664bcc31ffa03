"""The report about a cycle, for a mail and for a file."""

from collections.abc import Sequence
from datetime import tzinfo

from atsn_tui.mail.legible import one_line
from atsn_tui.model.result import CycleReport
from atsn_tui.reports.cycle.html import cycle_html
from atsn_tui.reports.cycle.news import News, When
from atsn_tui.reports.cycle.text import cycle_lines, cycle_text
from atsn_tui.reports.cycle.told import headline, tell
from atsn_tui.reports.report import Report


def cycle_report(
    report: CycleReport,
    news: tuple[News, ...],
    *,
    node: str,
    zone: tzinfo,
    when: When,
    troubles: Sequence[str] = (),
) -> Report:
    """What the mail says. `troubles` are what is wrong with the settings that it is sent by."""
    told = tell(report, news, node=node, zone=zone, when=when, troubles=troubles)
    return Report(
        subject=one_line(f"{node}: replication: {headline(report, news)}", 200),
        text=cycle_text(told),
        html=cycle_html(told),
        headers={
            "X-ATSN-Node": node,
            "X-ATSN-Cycle": report.id,
            "X-ATSN-Reason": " ".join(dict.fromkeys(each.kind for each in news)) or "always",
        },
    )


def cycle_file_lines(
    report: CycleReport, news: tuple[News, ...], *, node: str, zone: tzinfo, when: When
) -> list[str]:
    """What the file gets, as lines without their ends; an empty one stands last."""
    return cycle_lines(tell(report, news, node=node, zone=zone, when=when)).split("\n")
