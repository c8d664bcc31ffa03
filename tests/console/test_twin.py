"""The twin answers to the same calls as the real node."""

import inspect

import pytest

from atsn_tui.node.agenda.reading import Agenda
from atsn_tui.node.groups import Groups
from atsn_tui.node.links.links import Links
from atsn_tui.node.links.replication import Replication, Session
from atsn_tui.node.node import Node
from atsn_tui.node.past.audit import Audit
from atsn_tui.node.past.history import History
from atsn_tui.node.peers.peers import Peers
from atsn_tui.node.runs.holds import Holds
from atsn_tui.node.runs.runs import Runs
from atsn_tui.node.tasks.tasks import Tasks
from tests.console.twin import (
    Twin,
    TwinAgenda,
    TwinAudit,
    TwinGroups,
    TwinHistory,
    TwinHolds,
    TwinLinks,
    TwinPeers,
    TwinReplication,
    TwinRuns,
    TwinSession,
    TwinTasks,
)

PAIRS = [
    (TwinGroups, Groups),
    (TwinTasks, Tasks),
    (TwinPeers, Peers),
    (TwinLinks, Links),
    (TwinReplication, Replication),
    (TwinSession, Session),
    (TwinRuns, Runs),
    (TwinHolds, Holds),
    (TwinHistory, History),
    (TwinAudit, Audit),
    (TwinAgenda, Agenda),
]

LEFT_OUT: dict[type, set[str]] = {
    Node: {
        "init", "open", "backup", "home", "config", "core", "options", "takeover",
        "pairing", "files",  # tried with two real nodes, in test_pairing.py and test_real_node.py
    },
    Groups: {"adopt", "get", "list"},
    Tasks: {"change", "get", "twins", "within"},
    Peers: {"access", "authorize", "get", "list", "outdated"},
    Links: {"between", "get", "list"},
    Replication: {"cycle", "reports"},
    Runs: {"find", "get", "output"},
    Holds: {"list", "until_after", "lasting", "until_at"},
    History: {"between"},
    Audit: {"get", "head", "prune", "verify"},
}  # fmt: skip
"""What the twin does without: the console does not ask it, or asks a real node in its tests."""


def public(kind: type) -> set[str]:
    """The names that a class offers."""
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("twin", "real"), PAIRS, ids=lambda kind: kind.__name__)
def test_each_call_of_a_part_exists_with_the_same_parameters(twin: type, real: type) -> None:
    for name, method in inspect.getmembers(twin, inspect.isfunction):
        if name.startswith("_"):
            continue
        mine = inspect.signature(method).parameters
        theirs = inspect.signature(getattr(real, name)).parameters
        if "values" in mine and mine["values"].kind is inspect.Parameter.VAR_KEYWORD:
            continue
        assert list(mine) == list(theirs), name


@pytest.mark.parametrize(("twin", "real"), PAIRS, ids=lambda kind: kind.__name__)
def test_what_a_part_offers_the_twin_has_or_leaves_out_on_purpose(twin: type, real: type) -> None:
    assert public(real) - public(twin) == LEFT_OUT.get(real, set())


def test_what_the_node_offers_the_twin_has_or_leaves_out_on_purpose() -> None:
    twin = public(Twin) | set(vars(Twin()))
    assert public(Node) - twin == LEFT_OUT[Node]


def test_the_node_has_every_part() -> None:
    for name in ("identity", "status", "changes", "service_running", "examine"):
        assert callable(getattr(Node, name))
        assert callable(getattr(Twin, name))
