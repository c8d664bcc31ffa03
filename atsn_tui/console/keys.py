"""docs/keys.md, made from the declared actions: `python -m atsn_tui.console.keys > docs/keys.md`."""

from atsn_tui.console.action import Action
from atsn_tui.console.actions import FIXED, HEADINGS, of
from atsn_tui.console.look.states import SIGNS


def keys_page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Keys of the console",
        "",
        "`?` shows this list in the console, and `ctrl+p` finds every command by name. The line at the",
        "bottom of the screen shows the keys that fit what is selected.",
    ]
    for title, places in HEADINGS:
        rows = [(_code(action), action.help) for place in places for action in of(place)]
        lines += ["", f"## {title}", "", *_table("Key", "What it does", rows)]
    rows = [(" ".join(f"`{key}`" for key in keys.split()), text) for keys, text in FIXED]
    lines += ["", "## Forms and dialogs", "", *_table("Key", "What it does", rows)]
    lines += ["", "## Signs", "", *_table("Sign", "Meaning", list(SIGNS))]
    return "\n".join(lines) + "\n"


def _code(action: Action) -> str:
    return " ".join(f"`{key}`" for key in action.shown_each)


def _table(first: str, second: str, rows: list[tuple[str, str]]) -> list[str]:
    return [f"| {first} | {second} |", "| --- | --- |", *(f"| {left} | {right} |" for left, right in rows)]


if __name__ == "__main__":
    print(keys_page(), end="")
