"""What many tests use: an environment of one's own, and real nodes in it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import forking
from tests.nodes import Machines
from tests.processes.forks import Forks

# A suite that a shell started in the background ignores Ctrl-C, and so would every program that it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the rule.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No node, colour or width of whoever runs the tests."""
    for name in ("ATSN_HOME", "ATSN_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Machines]:
    """Makes nodes: `make_node("hq")`. What runs on them is ended after the test."""
    machines = Machines(tmp_path)
    yield machines
    machines.close()


@pytest.fixture(scope="session", autouse=True)
def _no_process_outlives_the_tests() -> Iterator[None]:
    yield
    forking.end()


@pytest.fixture(scope="session")
def zygote() -> Forks:
    """Starts `atsn` processes that are real ones, at once."""
    return Forks(forking.shared())
