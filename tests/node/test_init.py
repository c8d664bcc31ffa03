"""Making a node, and opening it."""

import os
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.home.home import Home
from atsn_tui.home.keys import check_public_key
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.node.node import Node
from tests.nodes import ADA


async def test_a_node_knows_who_it_is(tmp_path: Path) -> None:
    made = await Node.init(Home(tmp_path / "hq"), "hq [/x]", "127.0.0.1:8022")
    assert (made.name, made.listen, made.version, made.protocol) == (
        "hq [/x]",
        "127.0.0.1:8022",
        VERSION,
        PROTOCOL,
    )
    assert check_public_key(made.public_key) != check_public_key(made.host_key)
    async with Node.open(Home(tmp_path / "hq"), ADA) as node:
        assert node.identity() == made
        assert not node.service_running()


async def test_no_two_nodes_are_alike(tmp_path: Path) -> None:
    one, two = [await Node.init(Home(tmp_path / name), "hq") for name in ("one", "two")]
    assert len({one.node_id, two.node_id, one.public_key, two.public_key, one.host_key, two.host_key}) == 6


async def test_a_node_is_made_once(tmp_path: Path) -> None:
    made = await Node.init(Home(tmp_path / "hq"), "hq")
    with pytest.raises(BadInput, match="there is a node at"):
        await Node.init(Home(tmp_path / "hq"), "other")
    async with Node.open(Home(tmp_path / "hq"), ADA) as node:
        assert node.identity() == made


@pytest.mark.parametrize(
    ("name", "listen"), [("", None), ("hq", "no where"), ("a\nb", None), ("hq", "h:99999")]
)
async def test_a_node_that_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, name: str, listen: str | None
) -> None:
    with pytest.raises(BadInput):
        await Node.init(Home(tmp_path / "hq"), name, listen)
    assert os.listdir(tmp_path) == []


async def test_where_no_node_is_none_is_opened_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="atsn init"):
        async with Node.open(Home(tmp_path / "hq"), ADA):
            pass
    assert os.listdir(tmp_path) == []
