"""A report about a cycle, as HTML."""

from atsn_tui.reports.cycle.told import Told, ToldChange, ToldField, ToldLink
from atsn_tui.reports.html import Html, element, join, page


def cycle_html(told: Told) -> str:
    """The whole document."""
    worst = next(
        (style for style in ("bad", "care") if any(link.style == style for link in told.links)), "good"
    )
    return page(
        told.headline,
        element("h1", told.headline, style=f"heading {worst}"),
        element("p", told.summary, style="note"),
        *map(_link, told.links),
        *(element("p", f"! config.toml: {trouble}", style="trouble") for trouble in told.troubles),
        element("p", told.footer, style="foot"),
    )


def _link(link: ToldLink) -> Html:
    parts: list[Html | str] = [
        element("h2", f"{link.glyph} {link.heading}: {link.state}", style=f"heading section {link.style}")
    ]
    if link.changes:
        parts.append(
            element("table", *[row for change in link.changes for row in _rows(change)], style="table")
        )
    if link.more:
        parts.append(element("p", link.more, style="note"))
    parts += [element("p", f"note: {note}", style="note") for note in link.notes]
    parts += [element("p", f"! {error}", style="trouble") for error in link.errors]
    if link.mend:
        parts.append(element("p", "next: ", element("code", link.mend, style="code"), style="note"))
    return join(*parts)


def _rows(change: ToldChange) -> list[Html]:
    line = element("tr", element("td", change.line, style="value code", colspan="2"))
    return [line, *(element("tr", *_field(field)) for field in change.fields)]


def _field(field: ToldField) -> tuple[Html, Html]:
    after = element("div", _signed("+", field.after), style="added")
    before = "" if field.before is None else element("div", _signed("−", field.before), style="removed")
    return element("th", field.name, style="key", scope="row"), element("td", before, after, style="value")


def _signed(sign: str, text: str) -> str:
    return "\n".join(f"{sign} {line}" for line in text.split("\n"))
