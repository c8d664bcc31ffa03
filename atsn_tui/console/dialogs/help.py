"""All keys on one page."""

from atsn_tui.console.action import Action
from atsn_tui.console.actions import FIXED, HEADINGS, of
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import GAP, Block, Fact, Words
from atsn_tui.console.look.states import SIGNS

_KEYS = 17


class Help(Page):
    """Made from the declared actions."""

    def __init__(self) -> None:
        super().__init__("Keys", help_blocks(), label=_KEYS)


def help_blocks() -> list[Block]:
    """Every key, section by section, then what the signs mean."""
    blocks: list[Block] = []
    for title, places in HEADINGS:
        blocks.append(Words(title, "title"))
        actions: list[Action] = [action for place in places for action in of(place)]
        blocks += [Fact(action.shown_keys, action.help, "ink", "accent") for action in actions]
        blocks.append(GAP)
    blocks.append(Words("Forms and dialogs", "title"))
    blocks += [Fact(keys, text, "ink", "accent") for keys, text in FIXED]
    blocks += [GAP, Words("Signs", "title")]
    blocks += [Fact(glyph, meaning, "ink", "strong") for glyph, meaning in SIGNS]
    return blocks
