"""Timeout, stop, and what a job leaves behind."""

import os
from pathlib import Path

from tests.runner.site import Gate, Site, alive, gone, kill, order, until, written

FAMILY = (
    "sh -c 'echo $$ >> {0}; sleep 300' & echo $! >> {0}; sleep 300 & echo $! >> {0}; echo ready >> {0}; wait"
)
"""A job with children and a grandchild, all in its group; their numbers are in a file."""

DEAF = "trap '' TERM; echo ready > {0}; while :; do read x < {1}; done"
"""A job that TERM does not end."""


def pids(path: Path) -> list[int]:
    """The processes that a job wrote down."""
    return [int(word) for word in written(path).split() if word.isdigit()]


async def test_a_timeout_ends_the_whole_group(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    ended = await site.run(order("a", shell=FAMILY.format(file), timeout=1))
    assert (ended.reason, ended.signal, ended.exit_code) == ("timeout", 15, None)
    assert ended.elapsed_us
    assert 1_000_000 <= ended.elapsed_us < 4_000_000
    assert len(pids(file)) == 3
    assert not any(alive(pid) for pid in pids(file))


async def test_a_stop_ends_the_whole_group(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    await site.start(order("a", shell=FAMILY.format(file)))
    await until(lambda: "ready" in written(file) and len(pids(file)) == 3)
    assert await site.keeper.stop("a")
    ended = await site.end("a")
    assert (ended.reason, ended.signal) == ("stopped", 15)
    assert not any(alive(pid) for pid in pids(file))


async def test_what_ignores_term_gets_kill_after_a_while(site: Site, gate: Gate, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    await site.start(order("a", shell=DEAF.format(ready, gate), kill_after=0.5))
    await until(lambda: written(ready))
    await site.keeper.stop("a")
    ended = await site.end("a")
    assert (ended.reason, ended.signal) == ("stopped", 9)


async def test_children_that_ignore_term_get_kill_though_the_main_process_has_ended(
    site: Site, gate: Gate, tmp_path: Path
) -> None:
    ready, pid = tmp_path / "ready", tmp_path / "pid"
    shell = f"( {DEAF.format(ready, gate)} ) & echo $! > {pid}; sleep 300"
    await site.start(order("a", shell=shell, kill_after=0.5))
    await until(lambda: written(ready) and written(pid))
    await site.keeper.stop("a")
    ended = await site.end("a")
    assert (ended.reason, ended.signal) == ("stopped", 15)
    assert not alive(pids(pid)[0])


async def test_a_job_may_tidy_up_after_term(site: Site, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    shell = f"trap 'echo tidied; exit 3' TERM; echo > {ready}; while :; do sleep 0.05; done"
    await site.start(order("a", shell=shell))
    await until(lambda: written(ready))
    await site.keeper.stop("a")
    ended = await site.end("a")
    assert (ended.reason, ended.exit_code, ended.signal) == ("stopped", 3, None)
    assert site.output("a").endswith(b"tidied\n")  # after what its shell says of its killed sleep


async def test_a_job_that_was_halted_can_be_stopped(site: Site) -> None:
    started = await site.start(order("a", shell="kill -STOP $$"))
    assert started.pid
    await until(lambda: Path(f"/proc/{started.pid}/stat").read_bytes().rpartition(b") ")[2][:1] == b"T")
    await site.keeper.stop("a")
    assert (await site.end("a")).signal == 15


async def test_stopping_what_is_not_there_does_nothing(site: Site) -> None:
    assert not await site.keeper.stop("a")
    await site.run(order("a", "true"))
    assert not await site.keeper.stop("a")


async def test_a_stop_right_after_the_start_is_not_lost(site: Site) -> None:
    for number in range(20):
        run = f"r{number}"
        site.keeper._send(order(run, "sleep", "300"))
        assert await site.keeper.stop(run)
        ended = await site.end(run)
        assert ended.reason == "stopped"
        assert ended.signal in (9, 15)


async def test_the_end_of_the_main_process_ends_the_run_and_the_rest_is_left_alone(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    ended = await site.run(order("a", shell=f"sleep 300 >/dev/null 2>&1 & echo $! > {file}; echo done"))
    (pid,) = pids(file)
    assert (ended.reason, ended.exit_code, ended.notes) == ("ended", 0, ("it left processes behind",))
    assert site.output("a") == b"done\n"
    assert alive(pid)
    kill(pid)


async def test_a_daemon_that_holds_the_output_is_neither_waited_for_nor_hindered(
    site: Site, gate: Gate, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    daemon = (
        f"echo $$ > {file}; read x < {gate}; head -c 300000 /dev/zero; echo unhindered >> {file}; sleep 300"
    )
    ended = await site.run(
        order("a", shell=f'setsid sh -c "{daemon.replace("$", chr(92) + "$")}" & echo done')
    )
    assert ended.exit_code == 0
    assert ended.elapsed_us
    assert ended.elapsed_us < 5_000_000
    assert ended.notes == ("a process that it left behind still holds its output",)
    await until(lambda: pids(file))
    gate.open()
    await until(lambda: "unhindered" in written(file))  # though nobody keeps what it prints now
    assert site.output("a") == b"done\n"
    kill(pids(file)[0])


async def test_a_keeper_of_a_daemon_stays_until_nobody_prints_any_more(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    await site.run(order("a", shell=f"sleep 300 & echo $! > {file}"))
    keeper = site.keeper.pid
    os.kill(keeper, 15)  # leave as soon as you can
    await until(lambda: site.keeper.pid != keeper)
    assert alive(keeper)
    kill(pids(file)[0])
    await gone(keeper)
