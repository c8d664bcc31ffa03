"""What remains when the service, the keeper, or both are killed."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, Unreachable
from atsn_tui.runner.client.connection import Connection
from atsn_tui.runner.client.keeper import Keeper
from atsn_tui.runner.places import journal_file, keeper_lock
from atsn_tui.runner.spec import Greeting, Hello
from tests.runner.site import LINGER, Gate, Site, alive, gone, kill, order, until, written

RUNS = 50


def journal(site: Site) -> bytes:
    """What the keeper of this home has written down."""
    return Path(journal_file(str(site.home.path))).read_bytes()


def change_journal(site: Site, old: str, new: str) -> None:
    """Write down something else in its place."""
    content = journal(site)
    assert old.encode() in content
    Path(journal_file(str(site.home.path))).write_bytes(content.replace(old.encode(), new.encode()))


async def replaced(site: Site) -> None:
    """Kill the keeper, and wait for the next one."""
    first = site.keeper.pid
    kill(first)
    await until(lambda: site.keeper.pid != first)


async def start_service(home: Path, record: Path, shell: str) -> tuple[asyncio.subprocess.Process, int]:
    """A service in a process of its own that has ordered all its runs, and the keeper's number."""
    words = [str(home), str(record), "0", str(RUNS), shell]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.runner.service", *words, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready, pid = (await process.stdout.readline()).split()
    assert ready == b"ready"
    return process, int(pid)


async def test_kill_9_of_the_service_loses_no_job_and_no_exit(tmp_path: Path, gate: Gate) -> None:
    home, record, begun = tmp_path / "home", tmp_path / "record", tmp_path / "begun"
    home.mkdir()
    shell = f"echo $N >> {begun}; echo out; read x < {gate}; exit $N"
    service, keeper = await start_service(home, record, shell)
    gate.open(15)
    await until(lambda: len(written(record).splitlines()) >= 10)
    service.send_signal(signal.SIGKILL)
    await service.wait()
    gate.open(15)  # these end while nobody listens
    site = Site(home)
    await until(lambda: journal(site).count(b'"exit_code"') >= 30)
    await site.open()
    assert site.keeper.pid == keeper
    gate.open(RUNS - 30)
    seen = {line.split()[0]: line.split()[1] for line in written(record).splitlines()}
    for number in range(RUNS):
        run = f"r{number}"
        if run not in seen:
            ended = await site.end(run)
            assert (ended.exit_code, ended.reason) == (number, "ended")
            assert site.output(run) == b"out\n"
    for run, code in seen.items():
        assert code == run[1:]
        assert all(each.exit_code == int(code) for each in site.ended.get(run, []))
        site.keeper.acknowledge(run)
    assert sorted(map(int, written(begun).split())) == list(range(RUNS))  # each began exactly once
    assert site.keeper.living() == []
    await site.destroy()


async def test_kill_9_of_the_keeper_kills_no_job_and_leaves_no_phantom(
    site: Site, gate: Gate, tmp_path: Path
) -> None:
    second = Gate(tmp_path / "second")
    shell = f"echo before; read x < {gate}; echo after; read x < {second}; echo end"
    pids = [(await site.start(order(f"r{number}", shell=shell))).pid for number in range(10)]
    await site.run(order("short", shell="exit 3"))
    first = site.keeper.pid
    kill(first)
    await gone(first)
    gate.open(10)  # they print while there is no keeper, or a new one that does not know yet
    await until(lambda: site.keeper.pid != first and len(site.keeper.living()) == 10)
    assert all(alive(pid) for pid in pids if pid)
    second.open(10)
    for number in range(10):
        ended = await site.end(f"r{number}")
        assert (ended.reason, ended.exit_code, ended.pid) == ("unknown", None, pids[number])
        assert "the keeper that had started it was killed" in ended.message
        assert ended.ended_at
        assert site.output(f"r{number}") == b"before\nafter\nend\n"
    assert "short" not in [ended.run for ends in site.ended.values() for ended in ends[1:]]


async def test_an_end_that_was_not_acknowledged_outlives_the_keeper(site: Site) -> None:
    await site.start(order("a", shell="exit 3"))
    await until(lambda: "a" in site.ended)
    await site.close()
    kill(site.keeper.pid)
    again = Site(site.home.path)
    await again.open()
    ended = await again.end("a")
    assert (ended.reason, ended.exit_code) == ("ended", 3)
    await again.run(order("b", "true"))
    await until(lambda: b'"acknowledged": ["b"]' in journal(again))
    await again.close()
    kill(again.keeper.pid)
    third = Site(site.home.path)
    await third.open()
    await third.run(order("c", "true"))
    assert list(third.ended) == ["c"]
    await third.destroy()


async def test_a_service_can_ask_at_once_for_what_ended_before_it_came(site: Site) -> None:
    await site.start(order("a", shell="exit 3"))
    await until(lambda: "a" in site.ended)
    await site.close()
    keeper = await Keeper.connect(site.home)
    assert [(ended.run, ended.exit_code) for ended in keeper.untold()] == [("a", 3)]
    assert keeper.untold() == []
    await keeper.start(order("b", "true"))
    assert (await anext(keeper.ends())).run == "b"
    await keeper.close()


async def test_a_new_keeper_goes_on_with_timeout_and_stop(site: Site) -> None:
    for run, timeout in (("a", 1.5), ("b", None)):
        await site.start(order(run, shell="sleep 300 & wait", timeout=timeout))
    first = site.keeper.pid
    kill(first)
    await until(lambda: site.keeper.pid != first)
    assert (await site.end("a")).reason == "timeout"
    assert await site.keeper.stop("b")
    assert (await site.end("b")).reason == "stopped"


async def test_a_new_keeper_does_not_keep_what_it_cannot_mask(site: Site, gate: Gate) -> None:
    await site.start(order("a", shell=f"echo hunter2; read x < {gate}; echo hunter2", secrets=("hunter2",)))
    await until(lambda: site.output("a"))
    first = site.keeper.pid
    kill(first)
    await until(lambda: site.keeper.pid != first)
    gate.open()
    ended = await site.end("a")
    assert site.output("a") == b"*****\n"
    assert ended.dropped_bytes == 8
    assert any("the secrets that had to be masked" in note for note in ended.notes)
    assert b"hunter2" not in journal(site)


async def test_what_the_service_wrote_of_a_run_is_told_by_every_keeper(site: Site, gate: Gate) -> None:
    for run in ("lives", "ends"):
        await site.start(order(run, shell=f"read x < {gate}", record=f'{{"it": "{run}"}}'))
    await replaced(site)
    assert [life.record for life in site.keeper.living()] == ['{"it": "lives"}', '{"it": "ends"}']
    await site.keeper.stop("ends")
    assert (await site.end("ends")).record == '{"it": "ends"}'
    gate.open(1)
    assert (await site.end("lives")).record == '{"it": "lives"}'


async def test_a_run_that_an_older_keeper_began_is_followed_without_what_that_did_not_write(
    site: Site, gate: Gate
) -> None:
    await site.start(order("a", shell=f"read x < {gate}", record="x"))
    change_journal(site, ', "record": "x"', "")
    await replaced(site)
    assert [(life.run, life.record) for life in site.keeper.living()] == [("a", "")]
    gate.open(1)
    assert (await site.end("a")).record == ""


async def test_what_ends_while_there_is_no_keeper_is_unknown(site: Site) -> None:
    started = await site.start(order("a", "sleep", "300"))
    await site.close()
    kill(site.keeper.pid)
    await gone(site.keeper.pid)
    assert started.pid
    kill(started.pid)
    await gone(started.pid)
    again = Site(site.home.path)
    await again.open()
    ended = await again.end("a")
    assert (ended.reason, ended.ended_at, ended.started_at) == ("unknown", None, started.started_at)
    await again.destroy()


async def test_a_reboot_interrupts_what_ran(site: Site) -> None:
    await site.start(order("a", shell="echo out; exec sleep 300"))
    await until(lambda: site.output("a"))
    (life,) = site.keeper.living()
    await site.close()
    kill(site.keeper.pid)
    await gone(site.keeper.pid)
    change_journal(site, written(Path("/proc/sys/kernel/random/boot_id")).strip(), "another-boot")
    again = Site(site.home.path)
    await again.open()
    ended = await again.end("a")
    assert (ended.reason, ended.exit_code) == ("interrupted", None)
    assert ended.message == "the machine went down while it ran"
    assert again.output("a") == b"out\n"
    assert alive(life.pid)  # the number means another process after a reboot: it is left alone
    kill(life.pid)
    await again.destroy()


async def test_a_process_that_got_the_number_of_a_run_is_left_alone(site: Site) -> None:
    started = await site.start(order("a", "sleep", "300"))
    await site.close()
    kill(site.keeper.pid)
    await gone(site.keeper.pid)
    began = written(Path(f"/proc/{started.pid}/stat")).split()[21]
    change_journal(site, f" {began} ", f" {int(began) - 1} ")
    again = Site(site.home.path)
    await again.open()
    assert (await again.end("a")).reason == "unknown"
    assert started.pid
    assert alive(started.pid)
    kill(started.pid)
    await again.destroy()


async def test_an_order_that_the_keeper_did_not_live_to_hear_is_repeated(site: Site, tmp_path: Path) -> None:
    first = site.keeper.pid
    os.kill(first, signal.SIGSTOP)
    count = tmp_path / "count"
    waiting = asyncio.create_task(site.keeper.start(order("a", shell=f"echo x >> {count}")))
    await asyncio.sleep(0)
    kill(first)
    assert (await waiting).pid
    assert (await site.end("a")).exit_code == 0
    assert site.keeper.pid != first
    assert written(count) == "x\n"


async def test_a_keeper_that_dies_right_behind_its_hello_is_replaced_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet, short_lived = Connection.greet, 2

    async def last_words(connection: Connection, version: str) -> tuple[Greeting, Hello | None]:
        nonlocal short_lived
        said = await greet(connection, version)
        if short_lived:
            short_lived -= 1
            kill(said[0].pid)
            await connection.closed.wait()
        return said

    monkeypatch.setattr(Connection, "greet", last_words)
    kill(site.keeper.pid)
    await until(lambda: not short_lived)
    assert (await site.run(order("a", shell="exit 3"))).exit_code == 3


async def test_a_keeper_that_is_lost_for_good_is_told_to_everybody_who_waits(site: Site) -> None:
    first = site.keeper.pid
    os.kill(first, signal.SIGSTOP)
    waiting = asyncio.create_task(site.keeper.start(order("a", "true")))
    await asyncio.sleep(0)
    os.unlink(keeper_lock(str(site.home.path)))
    os.mkdir(keeper_lock(str(site.home.path)))
    kill(first)
    with pytest.raises(AtsnError, match=r"keeper\.lock: Is a directory"):
        await waiting
    for _ in range(2):
        with pytest.raises(AtsnError, match=r"keeper\.lock: Is a directory"):
            await anext(site.keeper.ends())
    with pytest.raises(Unreachable, match="connect again"):
        await site.keeper.stop("a")


async def test_two_services_that_arrive_at_once_get_one_keeper(tmp_path: Path) -> None:
    sites = [Site(tmp_path), Site(tmp_path)]
    await asyncio.gather(*(site.open() for site in sites))
    assert sites[0].keeper.pid == sites[1].keeper.pid
    for site in sites:
        await site.close()
    await sites[0].destroy()


async def test_a_home_deeper_than_a_socket_may_lie_has_a_keeper_too(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 100) / ("e" * 100)
    home.mkdir(parents=True)
    site = Site(home)
    await site.open()
    assert (await site.run(order("a", "true"))).exit_code == 0
    await site.close()
    await site.destroy()


async def test_the_newest_service_is_the_one_that_hears(site: Site) -> None:
    again = Site(site.home.path)
    keeper = site.keeper.pid
    await site.keeper.close()
    await again.open()
    assert (await again.run(order("a", "true"))).exit_code == 0
    assert again.keeper.pid == keeper
    assert site.ended == {}
    await again.close()


async def test_an_idle_keeper_leaves_and_is_started_again_when_needed(site: Site) -> None:
    await site.run(order("a", "true"))
    await site.close()
    await gone(site.keeper.pid)
    assert "keeper" not in os.listdir(site.home.path)
    first = site.keeper.pid
    await site.open()
    assert site.keeper.pid != first
    assert (await site.run(order("b", "true"))).exit_code == 0


async def test_a_keeper_with_runs_does_not_leave(site: Site, gate: Gate) -> None:
    await site.start(order("a", shell=f"read x < {gate}"))
    await site.close()
    await asyncio.sleep(LINGER * 2)
    assert alive(site.keeper.pid)
    gate.open()
    await gone(site.keeper.pid)  # the end is safe on disk, so it need not stay
    await site.open()
    assert (await site.end("a")).exit_code == 0


async def test_a_keeper_is_nobodys_child_and_holds_on_to_nothing(site: Site) -> None:
    stat = written(Path(f"/proc/{site.keeper.pid}/stat")).rpartition(") ")[2].split()
    parent, group, session, terminal = (int(field) for field in stat[1:5])
    assert parent != os.getpid()
    assert session not in (os.getsid(0), 0)
    assert group == session
    assert terminal == 0
    files = [os.readlink(f"/proc/{site.keeper.pid}/fd/{number}") for number in (0, 1, 2, 3)]
    assert files == ["/dev/null", f"{site.home.path}/keeper.log", f"{site.home.path}/keeper.log", "/dev/null"]
    assert os.readlink(f"/proc/{site.keeper.pid}/cwd") == "/"
    assert os.path.basename(keeper_lock("")) in os.listdir(site.home.path)
    assert written(Path(f"/proc/{site.keeper.pid}/environ")) == ""
