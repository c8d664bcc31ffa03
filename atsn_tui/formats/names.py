"""Short names for commands that have none: the program, and a word that tells equal programs apart."""

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

MAX_STEM = 60
"""The longest name made from a command, in characters, before anything that tells it apart."""

_SEPARATORS = ";&|()"
_PREPARING = """
    [ [[ ! { } . : test cd sleep source export set unset umask ulimit true false if then else fi for while
    until do done wait trap declare local pushd popd
"""
_STARTING = """
    sudo doas env nice ionice chrt nohup setsid time timeout exec command builtin cronic chronic solo flock
    setlock chpst softlimit stdbuf systemd-cat systemd-inhibit lckdo
"""
_PREPARATIONS = frozenset(_PREPARING.split())
_WRAPPERS = frozenset(_STARTING.split())
_INTERPRETERS = re.compile(r"(?:ba|da|a|k|z|c|tc)?sh|su|python[0-9.]*|perl|php[0-9.]*|ruby|node|Rscript|java")
_INLINE = ("-c", "-e", "-r")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?[smhd%]?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_EXTENSION = re.compile(r"\.(?:[A-Za-z]{1,4}|bash|php[0-9])\Z")
_UNFIT = re.compile(r"[^\w.+-]+")
_MAX_DEPTH = 3


def short_name(command: str) -> str:
    """The program that a shell line is about, without folder and extension; `job` if none shows."""
    words = _program(command, _MAX_DEPTH) or ["job"]
    return _tidy(words[0]) or "job"


def distinct_names(commands: Sequence[str]) -> list[str]:
    """A name for each command, all different.

    Commands with the same program get the first argument that the others lack, else a number.
    """
    stems = [short_name(command) for command in commands]
    shared = {stem for stem, count in Counter(stems).items() if count > 1}
    arguments = [
        _arguments(command) if stem in shared else [] for command, stem in zip(commands, stems, strict=True)
    ]
    seen = Counter((stem, word) for stem, words in zip(stems, arguments, strict=True) for word in set(words))
    names: list[str] = []
    taken: set[str] = set()
    for stem, words in zip(stems, arguments, strict=True):
        own = next((word for word in words if seen[stem, word] == 1 and word != stem), None)
        names.append(free_name(f"{stem}-{own}" if own else stem, taken))
        taken.add(names[-1])
    return names


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or with the first number from 2 that makes it differ from those taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _arguments(command: str) -> list[str]:
    words = _program(command, _MAX_DEPTH)
    return [tidy for word in words[1:] if (tidy := _tidy(word.rpartition("=")[2].lstrip("-")))]


def _program(command: str, depth: int) -> list[str]:
    """Program and arguments of the first part of a shell line that does more than prepare."""
    found: list[list[str]] = []
    for part in _parts(command):
        words = _unwrap(part)
        if not words:
            continue
        if _INTERPRETERS.fullmatch(_base(words[0])):
            words, certain = _script(words, depth)
        else:
            certain = words[0] not in _PREPARATIONS
        if certain:
            return words
        found.append(words)
    return found[0] if found else []


def _parts(command: str) -> Iterator[list[str]]:
    """The simple commands of a shell line, each as its words without redirections."""
    part: list[str] = []
    target = False
    for word in _words(command):
        if word and set(word) <= set(_SEPARATORS + "<>"):
            if set(word) <= set(_SEPARATORS):
                yield part
                part = []
            target = ">" in word or "<" in word
        elif target:
            target = False
        else:
            part.append(word)
    yield part


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars=_SEPARATORS + "<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # an open quote: good enough for a name
        return command.split()


def _unwrap(words: list[str]) -> list[str]:
    """The words without leading assignments and without programs that only start another one."""
    while words:
        base = _base(words[0])
        if _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
        elif base in _WRAPPERS:
            rest = _skip_options(words[1:])
            if base == "flock":  # the lock file comes before the command
                rest = _skip_options(rest[1:])
            words = rest or [base]
            if words == [base]:
                return words
        else:
            return words
    return []


def _skip_options(words: list[str]) -> list[str]:
    position = 0
    while position < len(words) and (words[position].startswith("-") or _NUMBER.fullmatch(words[position])):
        position += 1
    return words[position:]


def _script(words: list[str], depth: int) -> tuple[list[str], bool]:
    """What an interpreter runs, and whether that is certain: a script by its name, or a line given inline."""
    for position, word in enumerate(words[1:], 1):
        if word.startswith("-") and word.endswith(_INLINE) and position + 1 < len(words):
            line = words[position + 1]
            is_shell = _base(words[0]).endswith("sh") or _base(words[0]) == "su"
            inner = _program(line, depth - 1) if is_shell and depth else []
            return (inner, True) if inner else (words[:1], False)
    script = _skip_options(words[1:])
    if _base(words[0]) == "su" or not script:
        return words, True
    return script, True


def _base(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def _tidy(word: str) -> str:
    """A word fit to stand in a name: no folder, no extension, no characters that a path or a shell minds."""
    base = _base(word).strip("\"'`$(){}").removeprefix("cron.")
    base = _EXTENSION.sub("", base) or base
    return _UNFIT.sub("-", base).strip("-.")[:MAX_STEM].strip("-.")
