"""From a random sequence of runs to a real mail server: it gets the mails that the rules promise and no others."""

import random
from datetime import timedelta
from pathlib import Path

from atsn_tui.mail.outbox.memory import MemoryOutboxStore
from atsn_tui.mail.outbox.outbox import Outbox
from atsn_tui.mail.sender import Sender
from atsn_tui.mail.server import Login, Server
from atsn_tui.mail.smtp import Smtp
from atsn_tui.reports.report import envelope, to_message
from atsn_tui.reports.run.mail import run_report
from atsn_tui.reports.run.rule import MailRule, Verdict, decide
from atsn_tui.reports.secrets import mask_for
from tests.mail.certificates import Authority
from tests.mail.letters import body, read
from tests.mail.post_office import PASSWORD, USER, post_office
from tests.reports.samples import MOMENT, facts, micros

RUNS = 60


async def test_real_smtp_gets_the_promised_mails_and_no_others(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    rule = MailRule(when="on_failure", after_failures=2, to=("ops@example.org", "not an address", "root"))
    chance = random.Random(7)
    results = [chance.choice(("ok", "failed", "failed", "stopped")) for _ in range(RUNS)]
    now = [1_800_000_000_000_000]
    async with post_office(starttls=authority.server_context(), login=True) as office:
        server = Server(
            host="127.0.0.1", port=office.port, ca_file=str(authority.ca_file), login=Login(USER, PASSWORD)
        )

        async def sender(route: str) -> Sender:
            return Smtp(server)

        outbox = Outbox(MemoryOutboxStore(), sender, now=lambda: now[0])
        history: list[Verdict] = []
        promised = []
        for number, result in enumerate(results):
            told = facts(
                id=f"{number:08x}",
                state=result,
                ended=micros(MOMENT + timedelta(minutes=number)),
                failures=2,
            )
            reason = decide(rule, history, told.verdict, True)
            if reason is not None:
                promised.append(told.short_id)
                to = envelope(rule.to, None, user="atsn", host="hq.example.org")
                report = run_report(
                    told,
                    rule=rule,
                    reason=reason,
                    subject="${ATSN_NODE}: ${ATSN_TASK} ${ATSN_RUN}",
                    environment={},
                    mask=mask_for([PASSWORD]),
                )
                message = to_message(report, to, identity=told.run.id, date=MOMENT, host="hq.example.org")
                await outbox.put(message, "g1", about=told.run.id)
            history.append(told.verdict)
            # In the middle of it the server is away for a while.
            office.answers = {"DATA": "451 not now"} if number % 20 > 12 else {}
            await outbox.send_due()
            now[0] += 30_000_000
        office.answers = {}
        now[0] += 3 * 3_600_000_000
        await outbox.send_due()
    arrived = [read(bytes(envelope.original_content or b"")) for envelope in office.envelopes]
    assert 5 < len(promised) < RUNS / 2
    assert sorted(str(mail["Subject"]).rsplit(" ", 1)[1] for mail in arrived) == promised
    assert {tuple(envelope.rcpt_tos) for envelope in office.envelopes} == {("ops@example.org", "root")}
    assert all("failed" in body(bytes(envelope.original_content or b"")) for envelope in office.envelopes)
