"""HTML in mails: whatever stands in a text stays text, and nothing is loaded from anywhere."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.mail.legible import legible
from atsn_tui.reports.html import element, facts, join, page
from tests.reports.samples import NASTY

HARMLESS = {
    "html", "head", "meta", "title", "body", "h1", "h2", "p", "pre", "table", "tr", "th", "td", "span", "div", "code",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "role", "scope", "colspan"}


class Reader(HTMLParser):
    """Collects what a browser would see; wrongly nested elements are an error."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in HARMLESS
        assert {name for name, _ in attrs} <= ATTRIBUTES
        assert not any("url(" in (value or "") or "//" in (value or "") for _, value in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(source: str) -> str:
    """The text of a document; fails if anything but harmless elements is in it."""
    reader = Reader()
    reader.feed(source)
    reader.close()
    assert reader.open == []
    return reader.text


@given(st.text() | st.text("<>&\"'/=a!-\0\r\n\x1b"))
def test_a_text_stays_a_text(text: str) -> None:
    shown = read_html(page(text, element("p", text, title_like(text)), facts([(text, text)])))
    assert shown.count(legible(text)) >= 4 or not text


def title_like(text: str) -> str:
    return f"<{text}>"


def test_attributes_cannot_be_left() -> None:
    assert element("td", name='"><script>').source == '<td name="&quot;&gt;&lt;script&gt;"></td>'


def test_nasty_text_is_shown_and_harmless() -> None:
    source = page(NASTY, join(NASTY, element("pre", NASTY, style="pre")))
    assert "<script>alert(1)</script>" in read_html(source)
    assert "<script" not in source
    source.encode()
