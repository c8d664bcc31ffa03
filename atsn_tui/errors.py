"""Every error that a user can meet, in one tree.

    AtsnError                 10  our own fault, unless a subclass says otherwise
    ├── BadInput               2  what was asked for makes no sense; nothing was changed
    │   ├── NotFound           2  no group, task, peer or link of that name
    │   ├── Ambiguous          2  several fit; the message lists them
    │   └── BadFile            2  a snapshot, crontab, database or config that cannot be read
    ├── Refused                3  someone said no: a key, a grant, an address, a home, a rule
    │   └── WrongPassword      3  a password does not open the encrypted database
    ├── Unreachable            4  no connection, or it broke or timed out
    ├── Moved                  5  the state changed after the plan was made
    ├── Held                   6  the receiver's brake waits for a person
    └── VersionMismatch        7  the two nodes run different versions

A message says what failed, on which peer or task, and what to do next.
"""


class AtsnError(Exception):
    """The root of the tree. `exit_code` is what the command line exits with."""

    code = "internal"
    exit_code = 10

    @property
    def message(self) -> str:
        """What failed and what to do next, as one text."""
        return str(self)


class BadInput(AtsnError):
    """What was asked for makes no sense as it stands; nothing was changed."""

    code = "bad_input"
    exit_code = 2


class NotFound(BadInput):
    """Nothing has that name; the message offers the nearest ones."""

    code = "not_found"


class Ambiguous(BadInput):
    """Several things fit the name; the message lists them."""

    code = "ambiguous"


class BadFile(BadInput):
    """A file that cannot be read as what it should be."""

    code = "bad_file"


class Refused(AtsnError):
    """A key, a grant, an address, an owner or a rule says no."""

    code = "refused"
    exit_code = 3


class WrongPassword(Refused):
    """A password that does not open the encrypted database."""


class Unreachable(AtsnError):
    """The peer cannot be reached, or the connection broke or timed out."""

    code = "unreachable"
    exit_code = 4


class Moved(AtsnError):
    """A side changed after the plan was made; nothing was applied."""

    code = "moved"
    exit_code = 5


class Held(AtsnError):
    """The receiver's brake holds the plan until a person allows it."""

    code = "held"
    exit_code = 6


class VersionMismatch(AtsnError):
    """The two nodes run different versions; nothing was changed."""

    code = "version_mismatch"
    exit_code = 7


BY_CODE: dict[str, type[AtsnError]] = {
    kind.code: kind
    for kind in (
        AtsnError,
        BadInput,
        NotFound,
        Ambiguous,
        BadFile,
        Refused,
        Unreachable,
        Moved,
        Held,
        VersionMismatch,
    )
}
"""The class for each `code`, to raise again what a peer reported."""
