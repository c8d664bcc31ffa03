"""A mail about a run, as HTML."""

from atsn_tui.reports.html import Html, element, facts, page
from atsn_tui.reports.run.rule import Verdict
from atsn_tui.reports.run.told import Told

_LOOKS: dict[Verdict, tuple[str, str]] = {
    "success": ("✓", "good"),
    "failure": ("✗", "bad"),
    "stopped": ("■", "care"),
}
_AS_TYPED = ("Command", "Request", "Run")


def run_html(told: Told, verdict: Verdict) -> str:
    """The whole document."""
    glyph, style = _LOOKS[verdict]
    return page(
        told.headline,
        element("h1", f"{glyph} {told.headline}", style=f"heading {style}"),
        facts([(name, _value(name, value)) for name, value in told.rows]),
        *(element("p", f"! {note}", style="note") for note in told.notes),
        element("h2", told.output_title, style="section"),
        element("pre", told.output.text, style="pre") if told.output.text else "",
        element("p", "\n".join(told.footer), style="foot"),
    )


def _value(name: str, value: str) -> Html | str:
    if name not in _AS_TYPED:
        return value
    return element("span", value, style="code")
