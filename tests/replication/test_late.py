"""What was said not to be applied is never applied later, over memory and over SSH alike."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.replication import messages
from tests.replication.rules import HeldBack
from tests.replication.ssh import SshWorld
from tests.replication.world import Host, World


@pytest.fixture(params=["memory", "ssh"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made = SshWorld(tmp_path) if request.param == "ssh" else World(tmp_path)
    try:
        yield made
    finally:
        await made.close()


async def test_a_commit_that_comes_after_its_failure_was_told_applies_nothing(
    world: World, hq: Host, web1: Host
) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append(held := HeldBack())
    [result] = await hq.apply()
    assert result.error is not None
    assert (result.state, result.error.code) == ("failed", "unreachable")
    assert "broke before it applied anything; try again" in result.error.message
    late = await held.deliver()
    assert late == messages.Failed("moved", "hq has taken this plan back: nothing was applied")
    assert await web1.group() is None
    assert [each.state for each in await hq.apply()] == ["applied"], "what is planned anew is another plan"


async def test_a_commit_that_comes_after_the_same_was_applied_anew_changes_nothing(
    world: World, hq: Host, web1: Host
) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append(held := HeldBack())
    await hq.apply()
    await hq.apply()
    before = await web1.groups_dump()
    assert isinstance(await held.deliver(), messages.Failed)
    assert await web1.groups_dump() == before
