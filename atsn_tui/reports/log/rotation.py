"""When a log file is rotated, and what moves where. Pure."""


def is_full(size: int, more: int, max_bytes: int) -> bool:
    """Whether a file of that size must be rotated before `more` bytes go into it; with `max_bytes` 0 never.

    An empty file takes anything: one line may be longer than a file.
    """
    return 0 < max_bytes < size + more and size > 0


def moves(keep: int) -> list[tuple[int, int]]:
    """The renamings of one rotation, in order, as numbers of files; 0 is the file that is written.

    With `keep` 0 there is none: the file is emptied instead.
    """
    return [(number, number + 1) for number in range(keep - 1, -1, -1)]
