"""Composing: whatever goes in, the message is whole, safe and bounded."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.mail.body import text_body
from atsn_tui.mail.message import MAX_RECIPIENTS, header_text
from tests.mail.letters import AWKWARD, MOMENT, body, letter, read

HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "X-ATSN-Task",
}  # fmt: skip

_NASTY = 'ab =?:,<>"\n\r\0\x1b\u00e4\u20ac\u2028\u202e_-()\\;@.utf8qQB'
anything = st.text(max_size=300) | st.text(_NASTY, max_size=260)


@settings(max_examples=150)
@given(subject=anything, task=anything, name=anything, text=anything)
def test_no_text_can_add_or_change_a_header(subject: str, task: str, name: str, text: str) -> None:
    author = f"{name.replace('<', '').replace('>', '')} <atsn@hq.example.org>"
    sent = letter(subject=subject, sender=author, text=text, headers={"X-ATSN-Task": task})
    mail = read(sent.content)
    assert set(mail.keys()) == HEADERS
    assert len(mail.keys()) == len(HEADERS)
    assert str(mail["Subject"]) == header_text(subject) == sent.subject
    assert str(mail["X-ATSN-Task"]) == header_text(task)
    assert [each.addr_spec for each in mail["From"].addresses] == ["atsn@hq.example.org"]
    assert str(mail["To"]) == "ops@example.org"
    assert body(sent.content) == text_body(text)


@settings(max_examples=100)
@given(anything, st.none() | anything)
def test_every_server_can_take_it(text: str, html: str | None) -> None:
    content = letter(text=text, html=html).content
    assert content.isascii()
    assert b"\0" not in content
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")


@settings(max_examples=60)
@given(
    st.lists(
        st.from_regex(r"[a-z0-9_+]{1,20}@([a-z0-9]{1,20}\.){0,3}[a-z]{2,9}", fullmatch=True),
        min_size=1,
        max_size=30,
    )
)
def test_all_recipients_stand_in_the_header_once(to: list[str]) -> None:
    sent = letter(to=to)
    assert sent.recipients == tuple(dict.fromkeys(to))
    assert tuple(each.addr_spec for each in read(sent.content)["To"].addresses) == sent.recipients


def test_a_newline_in_a_subject_is_a_blank() -> None:
    sent = letter(subject="failed\r\nBcc: everyone@example.org\n\n<script>")
    assert read(sent.content)["Subject"] == "failed Bcc: everyone@example.org <script>"
    assert read(sent.content)["Bcc"] is None


def test_a_coded_word_in_a_subject_stays_as_it_is_written() -> None:
    mail = read(letter(subject="=?utf-8?q?=0AX-Evil=3A_yes?=").content)
    assert mail["Subject"] == "= ?utf-8?q?=0AX-Evil=3A_yes?="
    assert mail["X-Evil"] is None


def test_letters_beyond_ascii_are_coded_in_headers() -> None:
    sent = letter(subject="hq: Sicherung läuft nicht 🎉", sender="Wächter <atsn@hq.example.org>")
    assert b"=?utf-8?" in sent.content
    mail = read(sent.content)
    assert mail["Subject"] == "hq: Sicherung läuft nicht 🎉"
    assert mail["From"].addresses[0].display_name == "Wächter"


def test_it_says_when_it_was_made_and_that_a_machine_made_it() -> None:
    berlin = timezone(timedelta(hours=1))
    sent = letter(identity="0f3a", date=MOMENT.astimezone(berlin), host="hq.example.org")
    mail = read(sent.content)
    assert mail["Date"].datetime == MOMENT
    assert str(mail["Date"]).endswith("+0100")
    assert mail["Message-ID"] == "<0f3a@hq.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Type"] == 'text/plain; charset="utf-8"'


@pytest.mark.parametrize("host", ["", "...", "grüße.example", "a\r\nb: c", "<>"])
def test_a_strange_host_name_makes_a_valid_message_id_all_the_same(host: str) -> None:
    message_id = str(read(letter(host=host).content)["Message-ID"])
    assert message_id.startswith("<m1@")
    assert message_id.isascii()
    assert message_id.isprintable()


def test_html_stands_beside_the_text_which_comes_first() -> None:
    sent = letter(text="plain\n", html="<p>grüße</p>")
    mail = read(sent.content)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert body(sent.content) == "plain\n"
    assert body(sent.content, "html") == "<p>grüße</p>\n"


def test_awkward_lines_arrive_unchanged() -> None:
    assert body(letter(text=AWKWARD).content) == AWKWARD


def test_a_long_body_is_cut_at_a_line_and_says_how_much_is_missing() -> None:
    text = text_body("".join(f"line {number}\n" for number in range(100)), limit=100)
    assert text.startswith("line 0\nline 1\n")
    shown, _, note = text.rpartition("\n\n")
    missing = 100 * 8 - 10 - len(shown) - 1
    assert note == f"[{missing} bytes more were left out of this mail]\n"


def test_a_long_line_is_cut_at_a_whole_character() -> None:
    assert text_body("ä" * 100, limit=51) == "ä" * 25 + "\n\n[151 bytes more were left out of this mail]\n"


def test_html_that_is_too_long_is_left_out_and_the_text_says_so() -> None:
    sent = letter(text="plain\n", html="<p>" + "x" * 600_000)
    assert read(sent.content).get_body(("html",)) is None
    assert body(sent.content) == (
        "plain\n\n[the HTML form of this mail was left out: it would have had 600,003 bytes]\n"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"to": []}, "has no recipient"),
        ({"to": ["nobody at all"]}, "'nobody at all' is no mail address"),
        ({"to": [f"user{number}@example.org" for number in range(MAX_RECIPIENTS + 1)]}, "use a mailing list"),
        ({"sender": "not\r\nme"}, "is no mail address"),
        ({"headers": {"Bcc": "all@example.org"}}, "'Bcc' is no header of ours"),
        ({"headers": {"X-ATSN-A: b\nBcc": "x"}}, "is no header of ours"),
    ],
)
def test_what_cannot_be_a_message_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        letter(**changes)
