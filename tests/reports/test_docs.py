"""docs/mail.md and the program tell the same."""

import re
from pathlib import Path
from typing import get_args

import msgspec

from atsn_tui.home.sections import NodeMail, Reports
from atsn_tui.host.delivery import FAREWELL
from atsn_tui.mail.outbox.fate import MAX_WAITING
from atsn_tui.mail.outbox.retry import DELAY, FIRST_DELAYS
from atsn_tui.mail.server import PORTS
from atsn_tui.model.settings import Log, Mail
from atsn_tui.reports.cycle.news import When as CycleWhen
from atsn_tui.reports.log.path import DATES
from atsn_tui.reports.run.facts import variables
from atsn_tui.reports.run.rule import When
from tests.reports.samples import facts
from tests.reports.test_run_report import report

DOCS = (Path(__file__).parents[2] / "docs" / "mail.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """What stands in backquotes in the first column of the table with that heading."""
    table = DOCS[DOCS.index(f"| {heading} |") :].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_every_rule_is_documented_and_no_other() -> None:
    assert first_cells("rule") == set(get_args(When))
    assert first_cells("`reports.when`") == set(get_args(CycleWhen))


def test_every_variable_is_documented_and_no_other() -> None:
    assert first_cells("variable") == variables(facts()).keys()


def test_every_date_pattern_is_documented_and_no_other() -> None:
    assert first_cells("pattern") == {f"%{letter}" for letter in [*DATES, "%"]}


def test_every_setting_is_documented() -> None:
    for kind, prefix in ((Mail, "email"), (Log, "log")):
        for field in msgspec.structs.fields(kind):
            assert f"{prefix}.{field.name}" in DOCS


def test_defaults_and_numbers_are_those_of_the_program() -> None:
    assert f"`{Mail().subject}`" in DOCS
    assert f"without it {PORTS['starttls']}, {PORTS['tls']} or {PORTS['none']}," in DOCS
    *most, last = (delay // 60_000_000 for delay in FIRST_DELAYS)
    assert f"after {', '.join(map(str, most))} and {last} minutes and then every hour" in DOCS
    assert DELAY == 3_600_000_000
    assert f"At most {MAX_WAITING:,} mails wait" in DOCS


def test_every_header_is_documented() -> None:
    for name in report().headers:
        assert f"`{name}`" in DOCS


def test_every_key_of_this_nodes_reports_and_mail_is_documented() -> None:
    for kind, prefix in ((Reports, "reports"), (NodeMail, "mail")):
        for field in msgspec.structs.fields(kind):
            assert f"`{prefix}.{field.name}`" in DOCS
    assert f"{Reports().max_bytes:,} bytes and {Reports().keep} files" in DOCS
    assert f"for {FAREWELL:.0f} seconds at the" in DOCS
