"""The line that lets a peer in by an existing sshd, and what to type on the peer then."""

import shlex

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.node.peers.views import AuthorizationView

_DONE = {
    "added": "{peer} may log in as {user} now: its line is in {file}",
    "replaced": "{peer} may log in as {user}: its line in {file} is a new one",
    "unchanged": "{peer} may log in as {user} already: its line in {file} is as it should be",
    "removed": "The line of {peer} is removed from {file}",
    "absent": "{file} has no line of {peer}",
}


def print_authorization(console: Console, view: AuthorizationView, our_name: str) -> None:
    """Print what was done, and the line to type on the peer; or the line of the file alone."""
    if view.change == "printed":
        console.print(clean(view.line or ""), soft_wrap=True)
        return
    told = _DONE[view.change].format(peer=view.peer, user=view.user, file=view.file)
    console.print(clean(told), soft_wrap=True)
    if view.address is None:
        return
    words = ["atsn", "peer", "set", our_name, "--address", view.address]
    if view.host_key is not None:
        words += ["--host-key", view.host_key]
    console.print()
    console.print(clean(f"On {view.peer}, where this node is known as {our_name}, type:"), soft_wrap=True)
    console.print()
    console.print(f"  {clean(shlex.join(words))}", soft_wrap=True)
