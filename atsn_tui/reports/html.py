"""Building HTML for mails. A plain text can only become text: only what these functions made is taken for HTML.

Styles stand in the elements, because mail programs drop style sheets; nothing is loaded from anywhere.
"""

import html

from msgspec import Struct

from atsn_tui.mail.legible import legible

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"

STYLES: dict[str, str] = {
    "body": f"margin:0;padding:16px;color:#1f2328;background:#ffffff;{_FONT};font-size:15px;line-height:1.45",
    "heading": "margin:0 0 12px;padding:10px 14px;font-size:18px;line-height:1.3",
    "good": "border-left:5px solid #1a7f37;background:#eaf6ec",
    "bad": "border-left:5px solid #c0262d;background:#fdecec",
    "care": "border-left:5px solid #9a6700;background:#fff7e0",
    "plain": "border-left:5px solid #57606a;background:#f3f4f6",
    "key": "padding:2px 18px 2px 0;font-size:14px;color:#57606a;text-align:left;vertical-align:top;font-weight:normal;"
    "white-space:nowrap",
    "value": "padding:2px 0;vertical-align:top",
    "table": "border-collapse:collapse;margin:0 0 14px",
    "section": "margin:18px 0 6px;font-size:15px",
    "pre": f"margin:0 0 14px;padding:10px 14px;background:#f3f4f6;color:#1f2328;{_MONO};font-size:13px;"
    "white-space:pre-wrap;word-break:break-word",
    "code": f"{_MONO};font-size:13px;white-space:pre-wrap",
    "added": f"{_MONO};font-size:13px;white-space:pre-wrap;color:#116329",
    "removed": f"{_MONO};font-size:13px;white-space:pre-wrap;color:#a40e26",
    "note": "margin:4px 0;color:#57606a",
    "trouble": "margin:4px 0;white-space:pre-wrap;color:#a40e26",
    "foot": "margin:20px 0 0;padding:10px 0 0;white-space:pre-wrap;border-top:1px solid #d0d7de;color:#57606a;"
    "font-size:13px",
}
"""All styles, by name."""

_EMPTY = frozenset(("meta",))


class Html(Struct, frozen=True):
    """A piece of finished HTML."""

    source: str


def element(tag: str, *children: Html | str, style: str = "", **attributes: str) -> Html:
    """An element. Texts in it are escaped; `style` is names from STYLES, with a blank between."""
    if style:
        attributes["style"] = ";".join(STYLES[name] for name in style.split())
    shown = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
    if tag in _EMPTY:
        return Html(f"<{tag}{shown}>")
    return Html(f"<{tag}{shown}>{join(*children).source}</{tag}>")


def join(*children: Html | str) -> Html:
    """The pieces after each other."""
    return Html("".join(each.source if isinstance(each, Html) else escaped(each) for each in children))


def escaped(text: str) -> str:
    """A text as HTML that shows it, control characters written out."""
    return html.escape(legible(text))


def facts(rows: list[tuple[str, Html | str]]) -> Html:
    """A table of names and values."""
    lines = [
        element("tr", element("th", name, style="key", scope="row"), element("td", value, style="value"))
        for name, value in rows
    ]
    return element("table", *lines, style="table", role="presentation")


def page(title: str, *children: Html | str) -> str:
    """A whole document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width"),
        element("title", title),
    )
    document = element("html", head, element("body", *children, style="body"), lang="en")
    return f"<!DOCTYPE html>\n{document.source}\n"
