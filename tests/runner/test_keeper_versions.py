"""Keepers of other versions, and what a keeper may load."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, Unreachable, VersionMismatch
from atsn_tui.runner import keeper
from atsn_tui.runner.keeper.main import check_system
from atsn_tui.runner.places import keeper_lock, keeper_socket
from atsn_tui.runner.wire import frame
from tests.runner.site import Gate, Site, gone, order, until


async def test_an_idle_keeper_of_another_version_is_replaced_at_once(site: Site) -> None:
    first = site.keeper.pid
    await site.close()
    newer = Site(site.home.path)
    await newer.open(version="99.0")
    assert newer.keeper.pid != first
    await gone(first)
    await newer.destroy()


async def test_a_busy_keeper_of_another_version_is_spoken_to_until_it_is_idle(site: Site, gate: Gate) -> None:
    await site.start(order("a", shell=f"read x < {gate}; exit 3"))
    first = site.keeper.pid
    await site.close()
    newer = Site(site.home.path)
    await newer.open(version="99.0")
    assert newer.keeper.pid == first
    assert [life.run for life in newer.keeper.living()] == ["a"]
    await newer.start(order("b", shell=f"read x < {gate}; exit 4"))
    gate.open(2)
    assert (await newer.end("a")).exit_code == 3
    assert (await newer.end("b")).exit_code == 4
    await until(lambda: newer.keeper.pid != first)
    assert (await newer.run(order("c", shell="exit 5"))).exit_code == 5
    await newer.destroy()


async def other_protocol(home: Path, runs: int) -> tuple[asyncio.Server, list[bytes]]:
    """Something that greets as a keeper with another protocol would."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = {"op": "hello", "protocol": 99, "version": "99.0", "pid": 4711, "runs": runs, "x": 1}
        while size := await reader.read(4):
            heard.append(await reader.readexactly(int.from_bytes(size, "big")))
            if len(heard) == 1:
                writer.write(frame(json.dumps(hello).encode()))
        writer.close()

    return await asyncio.start_unix_server(serve, keeper_socket(str(home))), heard


async def test_a_busy_keeper_that_cannot_be_understood_is_refused_clearly(tmp_path: Path) -> None:
    server, heard = await other_protocol(tmp_path, runs=2)
    async with server:
        with pytest.raises(VersionMismatch, match=r"process 4711\) is of version 99.0, .* still has 2 runs"):
            await Site(tmp_path).open()
        await until(lambda: len(heard) == 2)
    assert [json.loads(body)["op"] for body in heard] == ["hello", "retire"]


async def test_a_keeper_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    os.mkdir(keeper_lock(str(tmp_path)))
    with pytest.raises(AtsnError, match=r"keeper.lock: Is a directory"):
        await Site(tmp_path).open()


def test_a_system_that_is_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    check_system()
    monkeypatch.delattr(os, "pidfd_open")
    with pytest.raises(OSError, match=r"Linux 5\.3 or later"):
        check_system()


async def test_a_keeper_whose_socket_was_removed_is_named(site: Site) -> None:
    os.unlink(keeper_socket(str(site.home.path)))
    with pytest.raises(Unreachable, match=rf"process {site.keeper.pid}"):
        await Site(site.home.path).open()


async def test_a_keeper_that_is_let_go_takes_no_orders(site: Site) -> None:
    await site.keeper.close()
    with pytest.raises(Unreachable, match="let go"):
        await site.keeper.start(order("a", "true"))


def test_the_keeper_loads_the_standard_library_and_itself_only() -> None:
    root = Path(keeper.__file__).parents[3]
    show = (
        f"import sys; sys.path.append({str(root)!r}); import atsn_tui.runner.keeper.main;"
        "print(*sorted(name for name in sys.modules))"
    )
    words = [sys.executable, "-I", "-S", "-c", show]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    foreign = [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names]
    ours = ("atsn_tui.runner", "atsn_tui.model.version")
    assert "atsn_tui.runner.keeper.main" in foreign
    assert [
        name
        for name in foreign
        if name not in ("__main__", "atsn_tui", "atsn_tui.model") and not name.startswith(ours)
    ] == []
    assert not {"asyncio", "subprocess", "pathlib", "threading", "ssl"} & set(
        loaded
    )  # small, or forks are slow
