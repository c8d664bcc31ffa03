"""What came from a peer does not run as root, however it came."""

import os
from typing import Any

import pytest

from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Account, Credential, Settings
from atsn_tui.model.task import Command, Http, Task
from atsn_tui.runner.jobs.policy import why_not

LOCAL = Origin(kind="local", who="ada")
PEER = Origin(kind="peer", who="hq", direction="push")
ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="without root nothing runs as root")


def judge(
    origin: Origin, settings_origin: Origin, settings: Settings | None = None, **task: Any
) -> str | None:
    """Why not."""
    given: dict[str, Any] = {"name": "nightly", "action": Command(command="true"), **task}
    return why_not(Task(**given), settings or Settings(name="group"), origin, settings_origin)


def test_what_was_made_here_may_run_as_anybody() -> None:
    assert judge(LOCAL, LOCAL) is None
    assert judge(LOCAL, LOCAL, run_as="root") is None


@only_root
def test_what_came_from_a_peer_does_not_run_as_root() -> None:
    reason = judge(PEER, LOCAL)
    assert reason is not None
    assert reason.startswith("it would run as root, and its task came from peer hq")
    assert judge(PEER, LOCAL, run_as="root") is not None
    assert judge(PEER, LOCAL, run_as="nobody") is None
    assert judge(PEER, LOCAL, Settings(name="g", account=Account(user="nobody"))) is None
    assert judge(PEER, LOCAL, Settings(name="g", account=Account(user="nobody")), run_as="root") is not None


@only_root
def test_a_peer_does_not_give_root_as_the_group_either() -> None:
    reason = judge(PEER, LOCAL, run_as="nobody", run_as_group="root")
    assert reason is not None
    assert "with the group root" in reason


@only_root
@pytest.mark.parametrize(
    "settings",
    [
        Settings(name="g", environment={"LD_PRELOAD": "/tmp/x.so"}),
        Settings(name="g", account=Account(user="root")),
        Settings(name="g", account=Account(login_environment=True)),
    ],
)
def test_settings_of_a_peer_that_shape_the_run_count_too(settings: Settings) -> None:
    reason = judge(LOCAL, PEER, settings)
    assert reason is not None
    assert "its group's settings came from peer hq" in reason
    assert judge(LOCAL, LOCAL, settings) is None


def test_settings_of_a_peer_that_have_no_part_in_the_run_do_not_count() -> None:
    assert judge(LOCAL, PEER, Settings(name="g", credentials={"db": Credential(secret="x")})) is None


@only_root
def test_a_credential_of_a_peer_counts_where_the_task_names_it() -> None:
    settings = Settings(name="g", credentials={"db": Credential(secret="x")})
    reason = judge(LOCAL, PEER, settings, environment={"PATH": "/bin:${credential:db.secret}"})
    assert reason is not None
    assert "its group's settings came from peer hq" in reason


def test_what_cannot_run_anyway_is_no_question_of_policy() -> None:
    assert judge(PEER, LOCAL, run_as="no-such-user") is None
    assert judge(PEER, LOCAL, action=Http(url="http://example.org")) is None


@pytest.mark.skipif(ROOT, reason="about services of other users")
def test_without_root_nothing_is_stopped() -> None:
    assert judge(PEER, PEER) is None
