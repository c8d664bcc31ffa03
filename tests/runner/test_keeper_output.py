"""A job's output: kept, capped, masked, and never in the job's way."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from atsn_tui.runner.output import Follower
from atsn_tui.runner.places import runs_directory
from tests.runner.site import Gate, Site, order, until

MEGABYTE = 1_000_000


async def test_output_in_mass_is_capped_and_does_not_slow_the_job_down(site: Site) -> None:
    shell = "echo first; head -c 100000000 /dev/zero; echo; echo last"
    ended = await site.run(order("a", shell=shell, output_limit=MEGABYTE, timeout=60))
    output = site.output("a")
    assert (ended.exit_code, ended.output_bytes) == (0, 100 * MEGABYTE + 12)
    assert ended.elapsed_us
    assert ended.elapsed_us < 30_000_000  # far more than 10 MB/s on an idle machine
    assert output.startswith(b"first\n\0")
    assert output.endswith(b"\0\nlast\n")
    line = f"\n[atsn: {ended.dropped_bytes} bytes are left out here]\n".encode()
    assert line in output
    assert len(output) - len(line) == ended.output_bytes - ended.dropped_bytes <= MEGABYTE
    names = os.listdir(runs_directory(str(site.home.path)))
    assert sorted(names) == ["a.out", "journal"]


def held(directory: Path) -> int:
    """The bytes that are in the files of a run."""
    sizes = 0
    for path in directory.glob("a.*"):
        with suppress(FileNotFoundError):
            sizes += path.stat().st_size
    return sizes


async def test_the_disk_never_holds_more_than_the_limit_while_the_job_runs(site: Site) -> None:
    directory = Path(runs_directory(str(site.home.path)))
    await site.start(order("a", shell="cat /dev/zero", output_limit=MEGABYTE))
    most = 0
    for _ in range(50):
        most = max(most, held(directory))
        await until(lambda: (directory / "a.tail-old").exists())
    assert most <= MEGABYTE + 100
    await site.keeper.stop("a")
    assert (await site.end("a")).dropped_bytes > 0


async def test_binary_output_and_half_characters_are_kept_as_they_are(site: Site) -> None:
    await site.run(order("a", shell=r"printf '\000\377\303'; sleep 0.2; printf '\244\n\303'"))
    assert site.output("a") == b"\0\xff\xc3\xa4\n\xc3"


async def test_secrets_are_masked_also_in_pieces(site: Site) -> None:
    shell = "printf 'a hun'; sleep 0.1; printf 'ter'; sleep 0.1; echo '2 b hunter3'; echo tresor >&2"
    await site.run(order("a", shell=shell, secrets=("hunter2", "tresor")))
    assert site.output("a") == b"a *****2 b hunter3\n*****\n".replace(b"*****2", b"*****")


async def test_secrets_are_masked_over_the_borders_of_chunks(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "file"
    content = b"".join(b"x" * (65_530 + shift) + b"0123456789secret" for shift in range(8))
    file.write_bytes(content)
    await site.run(order("a", "cat", str(file), secrets=("0123456789secret",)))
    assert site.output("a") == content.replace(b"0123456789secret", b"*****")


async def test_output_can_be_followed_while_the_job_runs(site: Site, gate: Gate) -> None:
    await site.start(order("a", shell=f"echo one; read x < {gate}; echo two"))
    follower, seen = Follower(site.home.path, "a"), bytearray()

    def sees(text: bytes) -> bool:
        seen.extend(follower.read())
        return bytes(seen) == text

    await until(lambda: sees(b"one\n"))
    gate.open()
    await until(lambda: sees(b"one\ntwo\n"))
    await site.end("a")


async def test_a_job_without_output_has_no_file(site: Site) -> None:
    ended = await site.run(order("a", "true"))
    assert (ended.output_bytes, site.output("a")) == (0, b"")
    assert os.listdir(runs_directory(str(site.home.path))) == ["journal"]


async def test_nothing_is_kept_with_a_limit_of_0(site: Site) -> None:
    ended = await site.run(order("a", shell="echo hello", output_limit=0))
    assert (ended.output_bytes, ended.dropped_bytes, site.output("a")) == (6, 6, b"")


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system with room for 400 kB."""
    path = tempfile.mkdtemp()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=400k none {path} 2>/dev/null") != 0:
        os.rmdir(path)
        pytest.skip("a small file system can only be mounted by root")
    yield Path(path)
    os.system(f"umount -l {path}")
    shutil.rmtree(path, ignore_errors=True)


async def test_a_full_disk_loses_output_and_nothing_else(small_disk: Path) -> None:
    (small_disk / "home").mkdir()
    site = Site(small_disk / "home")
    await site.open()
    ended = await site.run(order("a", shell="head -c 3000000 /dev/zero; echo >&2; exit 5", timeout=60))
    assert (ended.reason, ended.exit_code, ended.output_bytes) == ("ended", 5, 3_000_001)
    assert ended.dropped_bytes > 2_500_000
    assert "output could not be written: No space left on device" in ended.notes
    (small_disk / "home" / "runs" / "a.out").unlink()
    assert (await site.run(order("b", shell="echo fine again"))).dropped_bytes == 0
    assert site.output("b") == b"fine again\n"
    await site.destroy()
