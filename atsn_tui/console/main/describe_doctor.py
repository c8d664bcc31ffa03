"""What the examination of the node found, as a page."""

from atsn_tui.console.lists.document import GAP, Block, Words
from atsn_tui.console.look.roles import Role
from atsn_tui.node.doctor.check import Examination

_SIGNS: dict[str, tuple[str, Role]] = {
    "ok": ("✓ ", "good"),
    "note": ("· ", "muted"),
    "warning": ("▲ ", "warn"),
    "problem": ("✗ ", "bad"),
}


def describe_doctor(found: Examination) -> list[Block]:
    """What is wrong first, each with what to do; then what is fine."""
    wrong = [each for each in found.findings if each.verdict in ("problem", "warning")]
    blocks: list[Block] = [] if wrong else [Words("Nothing is wrong.", "good", lead="✓ "), GAP]
    for each in sorted(wrong, key=lambda each: each.verdict):
        glyph, role = _SIGNS[each.verdict]
        blocks.append(Words(f"{each.topic}: {each.text}", role, lead=glyph))
        if each.fix:
            blocks.append(Words(each.fix, "strong", indent=2, lead="→ "))
    if wrong:
        blocks.append(GAP)
    for each in found.findings:
        if each not in wrong:
            glyph, role = _SIGNS[each.verdict]
            blocks.append(Words(f"{each.topic}: {each.text}", role, lead=glyph))
    return blocks
