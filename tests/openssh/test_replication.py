"""Two nodes replicate through a real sshd, with no service on the far side."""

from tests.nodes import Machine
from tests.openssh.sshd import Sshd


def states(machine: Machine, *words: str) -> tuple[int, list[str]]:
    outcome = machine.atsn(*words, "--json")
    return outcome.code, [link["state"] for link in outcome.json["links"]]


def test_pushing(pair: tuple[Machine, Machine]) -> None:
    hq, web1 = pair
    assert states(hq, "diff", "ops") == (1, ["differs"])
    assert states(hq, "replicate", "ops", "--yes") == (0, ["applied"])
    assert web1.names("ops") == {"a", "b"}
    assert web1.digest("ops") == hq.digest("ops")
    assert states(hq, "diff", "ops") == (0, ["in_sync"])


def test_pulling(hq: Machine, web1: Machine, pair: tuple[Machine, Machine], sshd: Sshd) -> None:
    web1.atsn("group", "add", "theirs").ok()
    web1.add_task("theirs", "x")
    hq.atsn("link", "add", "theirs", "web1", "--pull", "--strict").ok()
    assert states(hq, "replicate", "theirs", "--yes") == (0, ["applied"])
    assert hq.digest("theirs") == web1.digest("theirs")
