"""Hello: who is there, in which version, and at what time."""

import re
import shlex
from dataclasses import dataclass

from atsn_tui.errors import AtsnError, Refused, VersionMismatch
from atsn_tui.model.text import printable
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.replication import messages
from atsn_tui.replication.context import Context
from atsn_tui.replication.messages import Hello
from atsn_tui.replication.plausible import check_date, check_uuid

MAX_VERSION = 60
"""The most characters of a version that are shown."""

_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Contact:
    """What a Hello told about the other node."""

    node_id: str
    name: str
    version: str
    latency: int
    """Round trip of the Hello, in µs."""
    skew: int
    """The other clock minus ours, in µs."""


def own_hello(context: Context, error: AtsnError | None = None) -> Hello:
    """This node's Hello."""
    told = None if error is None else {"code": error.code, "message": error.message}
    return Hello(
        atsn=PROTOCOL,
        version=VERSION,
        node_id=context.node_id,
        name=context.name,
        clock=context.now(),
        error=told,
    )


def check(context: Context, hello: Hello, peer_name: str, bound: str | None) -> None:
    """Raise VersionMismatch, Refused or BadInput unless this node can go on with the one that said that Hello."""
    if (hello.version, hello.atsn) != (VERSION, PROTOCOL):
        raise VersionMismatch(mismatch(context, hello, peer_name))
    if hello.error:
        raise messages.raised(messages.Failed(hello.error.get("code", ""), hello.error.get("message", "")))
    check_uuid(f"the node id of {peer_name}", hello.node_id)
    check_date(f"the clock of {peer_name}", hello.clock)
    if hello.node_id == context.node_id:
        raise Refused(
            f"{peer_name} has the same node id as {context.name}: one is a copy of the other; "
            "make the copy a node of its own, there, with: atsn identity --new"
        )
    if bound is not None and hello.node_id != bound:
        raise Refused(
            f"{peer_name} is another node than before (id {hello.node_id}, known as {bound}); "
            f"if it was set up anew, remove it and add it again: atsn peer rm {shlex.quote(peer_name)}"
        )


def mismatch(context: Context, hello: Hello, peer_name: str) -> str:
    """What to say where versions differ."""
    theirs, ours = printable(hello.version, MAX_VERSION), VERSION
    there, here = (_numbers(hello.version), hello.atsn), (_numbers(VERSION), PROTOCOL)
    if theirs == ours:
        theirs, ours = f"{theirs} with protocol {hello.atsn}", f"{ours} with protocol {PROTOCOL}"
    todo = "give both the same version"
    if there != here:
        todo = f"upgrade {peer_name if there < here else context.name}"
    return f"{peer_name} runs ATSN {theirs} and {context.name} runs {ours}: {todo}; nothing was changed"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBER.findall(version[:MAX_VERSION]))
