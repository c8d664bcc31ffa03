"""Running as somebody else. Only root can try it."""

import grp
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from atsn_tui.errors import NotFound, Refused
from atsn_tui.runner.jobs.accounts import find_account
from tests.runner.site import Site, order

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root can run jobs as somebody else")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of root's that everybody may enter and read."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


def as_nobody(group: str | None = None) -> dict[str, object]:
    """What an order for that account holds."""
    account = find_account("nobody", group)
    return {"account": account.user, "uid": account.uid, "gid": account.gid, "groups": account.groups}


@only_root
async def test_a_job_of_nobody_has_the_ids_and_groups_of_nobody_and_none_of_root(site: Site) -> None:
    nobody = pwd.getpwnam("nobody")
    shell = "grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapAmb):' /proc/self/status; id"
    await site.run(order("a", shell=shell, **as_nobody()))
    lines = dict(line.split(":", 1) for line in site.output("a").decode().splitlines()[:6])
    assert lines["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert lines["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert [int(each) for each in lines["Groups"].split()] == sorted(os.getgrouplist("nobody", nobody.pw_gid))
    assert {int(lines[name], 16) for name in ("CapEff", "CapPrm", "CapAmb")} == {0}
    assert site.output("a").decode().splitlines()[6].startswith(f"uid={nobody.pw_uid}(nobody)")


@only_root
async def test_supplementary_groups_are_set_with_the_given_primary_group(site: Site) -> None:
    account = find_account("nobody", "daemon")
    daemon = grp.getgrnam("daemon").gr_gid
    more = {"account": "nobody", "uid": account.uid, "gid": account.gid, "groups": (*account.groups, 12)}
    await site.run(order("a", shell="id -g; id -G", **more))
    primary, groups = site.output("a").decode().splitlines()
    assert int(primary) == daemon
    assert sorted(map(int, groups.split())) == sorted({*account.groups, 12})


@only_root
async def test_the_directory_is_entered_by_the_rights_of_the_account(site: Site, place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    ended = await site.run(order("a", "pwd", directory=str(closed), **as_nobody()))
    assert (ended.reason, ended.message) == ("not_started", f"nobody may not enter the directory {closed}")


@only_root
async def test_a_program_is_executed_by_the_rights_of_the_account(site: Site, place: Path) -> None:
    program = place / "mine"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    ended = await site.run(order("a", str(program), **as_nobody()))
    assert ended.message == f"nobody may not execute {program}"
    searched = order("b", "mine", environment={"PATH": str(place)}, **as_nobody())
    assert (
        await site.run(searched)
    ).message == "program mine was found in PATH, but nobody may not execute it"


@only_root
async def test_the_standard_files_can_be_opened_anew_by_the_account(site: Site) -> None:
    shell = "echo 1 > /dev/stdout; echo 2 > /dev/stderr; cat /dev/stdin"
    ended = await site.run(order("a", shell=shell, stdin="3\n", **as_nobody()))
    assert (site.output("a"), ended.exit_code) == (b"1\n2\n3\n", 0)


@only_root
async def test_an_account_can_be_stopped(site: Site) -> None:
    await site.start(order("a", "sleep", "300", **as_nobody()))
    await site.keeper.stop("a")
    assert (await site.end("a")).signal in (9, 15)


@pytest.mark.skipif(ROOT, reason="root may do all this")
async def test_without_root_another_account_is_refused(site: Site) -> None:
    ended = await site.run(order("a", "true", account="root", uid=0, gid=0, groups=(0,)))
    assert ended.message == "cannot run as root: this node's service does not run as root"
    ended = await site.run(order("b", "true", nice=-5))
    assert ended.message == "nice -5 is refused: only root may raise a task's priority"


def test_an_account_is_found_with_its_groups_home_and_shell() -> None:
    entry = pwd.getpwuid(os.geteuid())
    account = find_account(None, None)
    assert (account.user, account.uid, account.gid) == (entry.pw_name, entry.pw_uid, entry.pw_gid)
    assert (account.home, account.shell) == (entry.pw_dir, entry.pw_shell)
    assert set(account.groups) == {entry.pw_gid, *os.getgrouplist(entry.pw_name, entry.pw_gid)}


def test_an_unknown_user_or_group_is_named() -> None:
    with pytest.raises(NotFound, match="user no-such-user does not exist on this node"):
        find_account("no-such-user", None)
    with pytest.raises(NotFound, match="group no-such-group does not exist on this node"):
        find_account(None, "no-such-group")


@only_root
def test_without_root_only_our_own_account_is_found() -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            assert find_account(None, None).own
            for user, group in (("root", None), (None, "daemon")):
                try:
                    find_account(user, group)
                    raise AssertionError(f"{user} {group} was let through")
                except Refused:
                    continue
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
