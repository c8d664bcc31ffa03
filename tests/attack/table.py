"""Who may do what: every state that a peer can be in, against every message of the protocol, in and out of order.

This is what `docs/security.md` promises, pair by pair. `test_table.py` tries each over real SSH, at the node's own
server, and at what an sshd starts (`atsn channel`). It asserts the answer, that a database in which nothing may change
did not change, and that a good peer is served all the while.

    +  done, or answered            -  refused, with the reason       ?  refused: that is no such question
    0  "there is no such thing"     ~  refused: no such plan was proposed last, or the group has another state
    x  instead of a Hello it is told why, and hung up on              v  the same, because of the version
    |  not let in                   .  hung up on without a word

`A` is the one request that changes anything, and only where its cell says +; so does the first Commit of `C2` there.
What takes several messages is shown by the first that was not done.
"""

REQUESTS = {
    "G": "which groups may I see?",
    "Hl": "how does the group stand? I pull it",
    "Hs": "how does the group stand? I push it",
    "Ol": "its outline, to pull it",
    "Os": "its outline, to push it",
    "R": "its rows",
    "B": "its records",
    "P": "Propose a plan",
    "A": "Propose a plan, and Commit it",
    "C": "Commit without Propose",
    "C2": "Propose, Commit, and Commit again",
    "Co": "Propose twice, and Commit the first of the two",
    "Cx": "Commit what another peer has proposed",
    "W": "Withdraw a plan that there is none of",
    "Wc": "Propose a plan, Withdraw it, and Commit it",
    "H": "Hello once more",
    "An": "an answer instead of a question",
    "J": "what is asked with an invite",
    "N": "noise in a proper frame",
    "F": "a question before any Hello",
}

PEERS = """
                                     G   Hl  Hs  Ol  Os  R   B   P   A   C   C2  Co  Cx  W   Wc  H   An  J   N   F
may do everything                    +   +   +   +   +   +   +   +   +   ~   ~   ~   ~   +   ~   ?   ?   ?   ?   x
may pull                             +   +   -   +   -   +   +   -   -   ~   -   -   ~   -   -   ?   ?   ?   ?   x
may push                             +   -   +   -   +   +   +   +   +   ~   ~   ~   ~   +   ~   ?   ?   ?   ?   x
may ask for the status               +   +   +   -   -   -   -   -   -   ~   -   -   ~   -   -   ?   ?   ?   ?   x
may do nothing                       0   -   -   -   -   -   -   -   -   ~   -   -   ~   -   -   ?   ?   ?   ?   x
may do everything to another group   0   -   -   -   -   -   -   -   -   ~   -   -   ~   -   -   ?   ?   ?   ?   x
asks for a local group               0   0   -   ~   ~   ~   0   -   -   ~   -   -   ~   0   -   ?   ?   ?   ?   x
asks for a group that is not there   0   0   0   ~   ~   ~   0   ~   ~   ~   ~   ~   ~   0   ~   ?   ?   ?   ?   x
was removed                          |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |
was removed after its Hello          -   -   -   -   -   -   -   -   -   -   -   -   -   -   -   -   -   -   -   x
lost its grants after its Hello      0   -   -   -   -   -   -   -   -   ~   -   -   ~   -   -   ?   ?   ?   ?   x
got another key                      |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |
nobody knows its key                 |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |   |
comes from a wrong IPv4 address      x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
comes from a wrong IPv6 address      x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
comes by IPv6, and IPv4 is allowed   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
comes from a right IPv6 address      +   +   +   +   +   +   +   +   +   ~   ~   ~   ~   +   ~   ?   ?   ?   ?   x
is of another version                v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   x
speaks another protocol              v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   v   x
says it is another peer              x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
says it is another than before       x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
says it is this very node            x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
says it is no node at all            x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
"""

BEHIND_SSHD = """
                                     G   Hl  Hs  Ol  Os  R   B   P   A   C   C2  Co  Cx  W   Wc  H   An  J   N   F
was removed                          x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
got another key                      x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
nobody knows its key                 x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
nobody knows where it comes from     x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
comes from a mapped right address    +   +   +   +   +   +   +   +   +   ~   ~   ~   ~   +   ~   ?   ?   ?   ?   x
comes from a mapped wrong address    x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x   x
"""
"""What is different there: sshd has let the key in, by its line in authorized_keys. All else is as above."""

QUESTIONS = {
    "in": "log in as `join`",
    "L": "Look",
    "J": "Join",
    "J2": "Join, and Join again",
    "G": "a peer's question",
    "P": "a plan",
    "S": "the subsystem of peers",
}

INVITED = """
                                     in  L   J   J2  G   P   S
holds an open line                   +   +   +   +   .   .   |
has the secret wrong                 +   -   -   .   .   .   |
names an invite that is none         +   -   -   .   .   .   |
has an expired line                  +   -   -   .   .   .   |
has a line that was withdrawn        +   -   -   .   .   .   |
has a line that another used         +   -   -   .   .   .   |
used it, and was removed since       +   +   -   .   .   .   |
used it, and may do less since       +   +   0   0   .   .   |
comes from outside of its networks   +   -   -   .   .   .   |
says it is another peer              +   -   -   .   .   .   |
says it is this very node            +   -   -   .   .   .   |
is of another version                +   .   .   .   .   .   |
nobody is invited                    |   |   |   |   |   |   |
"""
"""0: it is told what it may do, and that is what was decided since."""


def rows(table: str) -> dict[str, dict[str, str]]:
    """Each state with its cells by column."""
    first, *others = table.strip("\n").splitlines()
    columns = first.split()
    return {line[:37].strip(): dict(zip(columns, line[37:].split(), strict=True)) for line in others}


def drawn(found: dict[str, dict[str, str]]) -> str:
    """The table that has those cells, as it is written above."""
    columns = next(iter(found.values()))
    lines = ["".ljust(37) + "".join(each.ljust(4) for each in columns)]
    lines += [
        state.ljust(37) + "".join(cell.ljust(4) for cell in cells.values()) for state, cells in found.items()
    ]
    return "\n" + "".join(f"{line.rstrip()}\n" for line in lines)
