"""What a job finds when it begins, and what is known when it ends."""

import asyncio
import os
import resource
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput, Refused
from atsn_tui.runner.keeper.link import may_connect
from atsn_tui.runner.places import keeper_socket
from tests.runner.site import Gate, Site, order, until, written


async def test_the_exit_code_and_the_times_are_known(site: Site) -> None:
    ended = await site.run(order("a", shell="i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7"))
    assert (ended.reason, ended.exit_code, ended.signal, ended.message) == ("ended", 7, None, "")
    assert ended.started_at is not None
    assert ended.ended_at is not None
    assert ended.ended_at > ended.started_at
    assert ended.elapsed_us
    assert ended.user_us + ended.system_us > 0
    assert ended.max_rss_kb > 0
    assert ended.notes == ()


async def test_a_signal_is_known_by_its_number(site: Site) -> None:
    ended = await site.run(order("a", shell="kill -SEGV $$"))
    assert (ended.reason, ended.exit_code, ended.signal) == ("ended", None, 11)


async def test_the_environment_is_exactly_the_given_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_SERVICE", "secret")
    given = {"ONE": "a b\n'\"$x", "EMPTY": "", "ÜMLAUT": "wörld", "PATH": "/usr/bin:/bin"}
    await site.run(order("a", "env", "-0", environment=given))
    found = dict(pair.split("=", 1) for pair in site.output("a").decode().rstrip("\0").split("\0"))
    assert found == given


async def test_arguments_are_given_as_they_are(site: Site) -> None:
    await site.run(order("a", "/usr/bin/printf", "%s|", "a b", "", "*", "$HOME", "ü"))
    assert site.output("a").decode() == "a b||*|$HOME|ü|"


async def test_a_program_is_searched_in_the_path_of_its_own_environment(site: Site, tmp_path: Path) -> None:
    program = tmp_path / "hello"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    await site.run(order("a", "hello", environment={"PATH": f"/nowhere:{tmp_path}"}))
    assert site.output("a") == b"here\n"


async def test_standard_input_is_the_given_text_or_nothing(site: Site) -> None:
    text = "one\ntwö\n" * 20_000
    await site.run(order("a", "wc", "-c", stdin=text))
    assert int(site.output("a")) == len(text.encode())
    await site.run(order("b", "wc", "-c"))
    assert int(site.output("b")) == 0


async def test_directory_umask_and_nice_are_set(site: Site, tmp_path: Path) -> None:
    nice = os.getpriority(os.PRIO_PROCESS, 0) + 3
    spec = order("a", shell="pwd; umask; nice; touch made", directory=str(tmp_path), umask=0o077, nice=nice)
    await site.run(spec)
    assert site.output("a").decode().split() == [str(tmp_path), "0077", str(nice)]
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600


async def test_a_job_has_a_session_clean_signals_and_no_files_but_the_standard_ones(site: Site) -> None:
    lines = "\n".join(
        (
            "ls /proc/self/fd | tr '\\n' ' '; echo",
            "cat /proc/self/status | grep -E '^Sig(Blk|Ign|Cgt)' | cut -f2 | tr '\\n' ' '; echo",
            "cut -d' ' -f5,6,7 /proc/$$/stat; echo $$",
            "ulimit -n; readlink /proc/$$/fd/0",
        )
    )
    await site.run(order("a", shell=lines))
    files, signals, process, pid, limit, stdin = site.output("a").decode().splitlines()
    assert files.split() == ["0", "1", "2", "3"]  # 3 is the directory that ls reads
    ours = (1 << 31) - 1  # the C library keeps signals 32 and 33 for itself
    assert {int(mask, 16) & ours for mask in signals.split()} == {0}
    group, session, terminal = process.split()
    assert (group, session, terminal) == (pid, pid, "0")
    assert limit == str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    assert stdin == "/dev/null"


async def test_both_outputs_are_one_stream_and_can_be_opened_anew(site: Site) -> None:
    await site.run(order("a", shell="echo 1; echo 2 >&2; echo 3 >/dev/stdout; echo 4 >/dev/stderr"))
    assert site.output("a") == b"1\n2\n3\n4\n"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"argv": ("no-such-thing",)}, "program no-such-thing is not in PATH (/usr/bin:/bin)"),
        ({"argv": ("/no/such/thing",)}, "program /no/such/thing is missing on this node"),
        ({"argv": ("{}/plain",)}, "somebody may not execute {}/plain"),
        (
            {"argv": ("{}/text",)},
            "{}/text is neither a program for this machine nor a script with an interpreter",
        ),
        (
            {"argv": ("{}/lost",)},
            "{}/lost names an interpreter, in its first line, that is missing on this node",
        ),
        ({"directory": "{}/none"}, "directory {}/none is missing on this node"),
        ({"directory": "{}/plain"}, "cannot enter the directory {}/plain: Not a directory"),
        ({"argv": ("true", "x" * 200_000)}, "true cannot be given so long a command and environment"),
    ],
)
async def test_what_cannot_begin_says_why(
    site: Site, tmp_path: Path, more: dict[str, object], message: str
) -> None:
    (tmp_path / "plain").write_text("")
    for name, content in (("text", "echo hello\n"), ("lost", "#!/no/such/interpreter\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    argv = tuple(word.format(tmp_path) for word in more.get("argv", ("true",)))  # type: ignore[attr-defined]
    directory = str(more.get("directory", "/")).format(tmp_path)
    started = await site.start(order("a", *argv, directory=directory))
    ended = await site.end("a")
    assert started.pid is None
    assert (ended.reason, ended.exit_code, ended.pid) == ("not_started", None, None)
    assert message.format(tmp_path) in ended.message


async def test_a_missing_home_is_replaced_and_told(site: Site) -> None:
    ended = await site.run(order("a", "pwd", directory="/nonexistent", fallback="/"))
    assert site.output("a") == b"/\n"
    assert ended.notes == (
        "/nonexistent could not be entered (No such file or directory); the task ran in /",
    )


async def test_a_run_is_begun_only_once(site: Site, gate: Gate, tmp_path: Path) -> None:
    counted = tmp_path / "count"
    spec = order("a", shell=f"echo x >> {counted}; read x < {gate}")
    first = await site.start(spec)
    assert await site.start(spec) == first  # it lives
    gate.open()
    await until(lambda: "a" in site.ended)
    assert (await site.start(spec)).pid == first.pid  # it is over, and that is not acknowledged
    await site.end("a")
    assert written(counted) == "x\n"


async def test_an_id_that_is_over_and_acknowledged_can_be_used_again(site: Site) -> None:
    for code in (3, 4):
        assert (await site.run(order("a", shell=f"echo {code}; exit {code}"))).exit_code == code
        assert site.output("a") == b"%d\n" % code
        site.ended.clear()


async def test_200_runs_at_once(site: Site, gate: Gate) -> None:
    shell = f"read x < {gate}; exit $N"
    environments = [{"PATH": "/usr/bin:/bin", "N": str(number)} for number in range(200)]
    orders = [
        order(f"r{number}", shell=shell, environment=given) for number, given in enumerate(environments)
    ]
    await asyncio.gather(*map(site.start, orders))
    assert len(site.keeper.living()) == 200
    gate.open(200)
    for number in range(200):
        assert (await site.end(f"r{number}")).exit_code == number
    assert site.keeper.living() == []


async def test_an_order_that_cannot_be_sent_is_refused(site: Site) -> None:
    with pytest.raises(BadInput, match="at most 16777216"):
        await site.keeper.start(order("a", "true", stdin="x" * 17_000_000))
    with pytest.raises(ValueError, match="NUL"):
        order("a", "true\0")
    with pytest.raises(ValueError, match="no name"):
        order("../a", "true")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else")
def test_the_keeper_speaks_to_its_own_user_and_root_only() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    assert may_connect(ours)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            os.chmod(path, 0o777)
            listener.listen()
            child = os.fork()
            if child == 0:
                os.setuid(65534)
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(path)
                    connection.recv(1)
                os._exit(0)
            stranger, _ = listener.accept()
            assert not may_connect(stranger)
            stranger.close()
            os.waitpid(child, 0)
    ours.close()
    theirs.close()


async def test_the_socket_is_closed_to_others(site: Site) -> None:
    mode = os.stat(keeper_socket(str(site.home.path))).st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) & 0o077 == 0


async def test_two_orders_of_one_run_at_once_are_refused(site: Site) -> None:
    first = site.keeper.start(order("a", "true"))
    task = asyncio.create_task(first)
    await asyncio.sleep(0)
    with pytest.raises(Refused, match="is being started already"):
        await site.keeper.start(order("a", "true"))
    await task
    await site.end("a")
