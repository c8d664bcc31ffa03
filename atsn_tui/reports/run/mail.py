"""The mail about a run: subject, text and HTML."""

from collections.abc import Mapping, Sequence

from atsn_tui.mail.legible import one_line
from atsn_tui.reports.report import Report
from atsn_tui.reports.run.facts import RunFacts, variables
from atsn_tui.reports.run.html import run_html
from atsn_tui.reports.run.rule import MailRule, Reason
from atsn_tui.reports.run.text import run_text
from atsn_tui.reports.run.told import tell
from atsn_tui.reports.secrets import Mask
from atsn_tui.reports.variables import expand


def run_report(
    facts: RunFacts,
    *,
    rule: MailRule,
    reason: Reason,
    subject: str,
    environment: Mapping[str, str],
    mask: Mask,
    troubles: Sequence[str] = (),
) -> Report:
    """What the mail says. It never fails: an undefined variable stays in the subject as written, and is noted.

    `environment` is what the subject may use besides the ATSN_… variables: the node's, group's and task's. `troubles`
    are what is wrong with the settings that the mail is sent by.
    """
    expanded = expand(subject, {**environment, **variables(facts)})
    notes = [f"the subject uses ${{{name}}}, which is not defined here" for name in expanded.undefined]
    told = tell(facts, rule, reason, mask, (*notes, *troubles))
    return Report(
        subject=one_line(mask(expanded.text), 200) or told.headline,
        text=run_text(told),
        html=run_html(told, facts.verdict),
        headers={
            "X-ATSN-Node": mask(facts.node),
            "X-ATSN-Group": mask(facts.group),
            "X-ATSN-Task": mask(facts.task),
            "X-ATSN-Result": facts.run.state,
            "X-ATSN-Reason": reason.kind,
        },
    )
