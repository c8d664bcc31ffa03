"""What somebody probably meant."""

from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str], count: int = 3, cutoff: float = 0.6) -> list[str]:
    """The choices most like `word`, best first, whatever their case; at most `count`."""
    # Not at the top: only mistakes need it.
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    return [folded[match] for match in get_close_matches(word.casefold(), folded, count, cutoff)]


def listed(words: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`."""
    quoted = [f"'{word}'" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
