"""The crontabs of this machine: which those are, and how they are read and replaced."""

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, Moved, NotFound, Refused
from atsn_tui.home import crontab_files, locks
from atsn_tui.home.crontab_files import SystemCrontab, UserCrontab, place_of, places
from tests.nodes import wait_until
from tests.takeover.conftest import ME, Cron

LINE = "0 3 * * * root df\n"


def replace(place: crontab_files.Place, before: str, after: str, scratch: Path) -> None:
    place.replace(before.encode(), after.encode(), scratch)


# Which they are


def test_a_file_is_known_by_its_place(cron: Cron) -> None:
    etc = cron.root / "etc"
    assert place_of(str(etc / "crontab")) == SystemCrontab(etc / "crontab")
    assert place_of(str(etc / "cron.d" / "site")) == cron.site
    assert place_of(str(cron.spool / ME)) == UserCrontab(ME)
    assert place_of(cron.own.source) == cron.own
    assert place_of(cron.site.source) == cron.site
    for name in (
        "/tmp/crontab",
        str(etc / "cron.d"),
        str(etc / "cron.d" / "a" / "b"),
        str(cron.spool / "no-such-user"),
    ):
        assert place_of(name) is None, name


@pytest.mark.parametrize("name", [".site", "site~", "site.dpkg-old", "site.rpmsave", ".site.atsn-new"])
def test_files_that_cron_passes_over_are_none(cron: Cron, name: str) -> None:
    assert place_of(str(cron.write(LINE, name).path)) is None
    assert places() == []


def test_only_a_cron_of_debian_passes_over_every_name_with_a_dot(
    cron: Cron, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cron.write(LINE, "site.disabled")
    monkeypatch.setattr(crontab_files, "_DEBIAN", tmp_path / "missing")
    assert place_of(str(place.path)) == place
    monkeypatch.setattr(crontab_files, "_DEBIAN", tmp_path)
    assert place_of(str(place.path)) is None


def test_all_of_a_machine_are_found(cron: Cron) -> None:
    site, own = cron.write(LINE), cron.write_own("@daily df\n")
    (cron.root / "etc" / "crontab").write_text(LINE)
    assert set(places()) == {site, own, SystemCrontab(cron.root / "etc" / "crontab")}


# System crontabs


def test_a_system_crontab_keeps_owner_mode_and_attributes(cron: Cron, tmp_path: Path) -> None:
    place = cron.write(LINE)
    place.path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(place.path, 1, 2)
    with suppress(OSError):  # this file system may have none
        os.setxattr(place.path, "user.kept", b"yes")
    before, names = place.path.stat(), os.listxattr(place.path)
    replace(place, LINE, "# nothing\n", tmp_path)
    after = place.path.stat()
    assert place.path.read_text() == "# nothing\n"
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, 0o640)
    assert os.listxattr(place.path) == names
    assert os.listdir(place.path.parent) == ["site"]


def test_one_that_changed_meanwhile_is_left_as_it_is(cron: Cron, tmp_path: Path) -> None:
    place = cron.write(LINE + "@daily root du\n")
    with pytest.raises(Moved, match="site was changed by someone else meanwhile"):
        replace(place, LINE, "# nothing\n", tmp_path)
    assert place.path.read_text() == LINE + "@daily root du\n"
    assert os.listdir(place.path.parent) == ["site"]


def test_what_a_killed_process_left_beside_it_is_in_nobodys_way(cron: Cron, tmp_path: Path) -> None:
    place = cron.write(LINE)
    beside = place.path.with_name(".site.atsn-new")
    beside.write_text("half of")
    assert place_of(str(beside)) is None
    replace(place, LINE, "# nothing\n", tmp_path)
    assert os.listdir(place.path.parent) == ["site"]


def test_behind_a_symbolic_link_the_file_itself_is_replaced_and_cron_is_told(
    cron: Cron, tmp_path: Path
) -> None:
    (tmp_path / "real").write_text(LINE)
    cron.site.path.symlink_to(tmp_path / "real")
    os.utime(cron.site.path.parent, (1, 1))
    replace(cron.site, LINE, "# nothing\n", tmp_path)
    assert cron.site.path.is_symlink()
    assert (tmp_path / "real").read_text() == "# nothing\n"
    assert cron.site.path.parent.stat().st_mtime > 1


def test_a_missing_one_is_named(cron: Cron) -> None:
    with pytest.raises(NotFound, match=r"cron\.d/site"):
        cron.site.read()


# Users' crontabs, by the stand-in


def test_a_users_crontab_is_read_and_written_by_the_program(cron: Cron, tmp_path: Path) -> None:
    place = cron.write_own("@daily df\n")
    assert place.read() == b"@daily df\n"
    replace(place, "@daily df\n", "# nothing\n", tmp_path)
    assert (cron.spool / ME).read_text() == "# nothing\n"
    with pytest.raises(Moved):
        replace(place, "@daily df\n", "# another\n", tmp_path)
    assert not list(tmp_path.glob("new*"))


def test_what_the_program_refuses_is_told_in_its_words(cron: Cron, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"user {ME} has no crontab"):
        cron.own.read()
    place = cron.write_own("@daily df\n")
    with pytest.raises(Refused, match="errors in crontab file, can't install"):
        replace(place, "@daily df\n", "refuse\n", tmp_path)
    assert place.read() == b"@daily df\n"


def test_without_the_program_it_says_so(cron: Cron, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cron.spool))
    with pytest.raises(NotFound, match="cron is not installed"):
        cron.own.read()


def test_a_program_that_hangs_is_given_up(
    cron: Cron, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cron.write_own("@daily df\n")
    (cron.spool / "slowly").touch()
    monkeypatch.setattr(crontab_files, "PATIENCE", 0.2)
    with pytest.raises(AtsnError, match=r"did not end within 0\.2 s"):
        replace(place, "@daily df\n", "# nothing\n", tmp_path)
    (cron.spool / "slowly").unlink()


def test_a_lock_is_held_until_the_program_ends_even_if_we_do_not_live_that_long(
    cron: Cron, tmp_path: Path
) -> None:
    cron.write_own("@daily df\n")
    (cron.spool / "slowly").touch()
    code = (
        "import sys; from pathlib import Path; from atsn_tui.home import locks;"
        "from atsn_tui.home.crontab_files import own_crontab as own;"
        "lock = locks.exclusive(Path(sys.argv[1]) / 'lock');"
        "own().replace(b'@daily df\\n', b'# nothing\\n', Path(sys.argv[1]), lock.fileno())"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    wait_until((cron.spool / "begun").exists)
    process.kill()
    process.wait()
    assert locks.held(tmp_path / "lock")
    (cron.spool / "slowly").unlink()
    wait_until(lambda: not locks.held(tmp_path / "lock"))
    assert cron.own.read() == b"# nothing\n"


# Users' crontabs, by the real program


@pytest.fixture
def real(stranger: str) -> UserCrontab:
    """The crontab of a user of these tests alone."""
    given = '# DO NOT EDIT is not what I say\nMAILTO=""\n\n0 3 * * *\t df  \n*/5 * * * * du %a\\%b\n'
    subprocess.run(["crontab", "-u", stranger, "-"], input=given.encode(), check=True)
    return UserCrontab(stranger)


def test_the_real_program_keeps_every_byte(real: UserCrontab, tmp_path: Path) -> None:
    before = real.read()
    after = before.replace(b"0 3", b"#atsn 1f2e3d4c 9a8b7c6d# 0 3")
    real.replace(before, after, tmp_path)
    assert real.read() == after
    real.replace(after, before, tmp_path)
    assert real.read() == before


def test_the_real_program_refuses_what_cron_could_not_read(real: UserCrontab, tmp_path: Path) -> None:
    before = real.read()
    with pytest.raises(Refused, match="crontab"):
        real.replace(before, b"nonsense\n", tmp_path)
    assert real.read() == before


def test_the_real_program_knows_no_such_user(stranger: str) -> None:
    with pytest.raises(NotFound, match="no-such-user"):
        UserCrontab("no-such-user").read()
    subprocess.run(["crontab", "-u", stranger, "-r"], check=False, capture_output=True)
    with pytest.raises(NotFound, match=f"user {stranger} has no crontab"):
        UserCrontab(stranger).read()


def test_the_real_program_lets_nobody_at_anothers(real: UserCrontab, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from atsn_tui.errors import Refused\n"
        "from atsn_tui.home.crontab_files import UserCrontab\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: UserCrontab(sys.argv[1]).read()\n"
        "except Refused as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, real.user], capture_output=True, text=True, check=True)
    assert f"crontab of {real.user} is for that user and root alone" in done.stdout
