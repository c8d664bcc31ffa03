"""Why a change is made, for a person: with the nodes' names, where the fixed reasons say `primary` and `here`."""

from atsn_tui.model.result import ChangeView, LinkResult


def why_words(change: ChangeView, result: LinkResult) -> str:
    """As in `missing on web1`, `only here` or `newer on hq`."""
    primary, secondary = f"on {result.peer}", "here"
    if result.direction == "push":
        primary, secondary = secondary, primary
    return {
        "missing here": f"missing {secondary}",
        "only on secondary": f"only {secondary}",
        "newer on primary": f"newer {primary}",
        "older on primary": "overwrites a newer edit",
    }.get(change.why, change.why)


def left_alone_words(result: LinkResult) -> str:
    """As in `left alone on web1: 1 edited later, 2 not here`; empty if nothing is."""
    left, secondary, primary = result.left_alone, "here", f"on {result.peer}"
    if result.direction == "push":
        primary, secondary = secondary, primary
    parts = [f"{left.newer:,} edited later"] if left.newer else []
    parts += [f"{left.extra:,} not {primary}"] if left.extra else []
    return f"left alone {secondary}: {', '.join(parts)}" if parts else ""


def overwrites(change: ChangeView) -> bool:
    """Whether it takes the place of a version that was edited later: only strict mode does that."""
    return change.why == "older on primary"
