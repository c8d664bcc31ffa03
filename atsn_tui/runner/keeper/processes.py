"""What /proc tells about processes."""

import os
import stat

_STATE, _GROUP, _START = 0, 2, 19
"""Fields of /proc/PID/stat, counted after the name."""


def boot_id() -> str:
    """A name of this boot of the machine."""
    with open("/proc/sys/kernel/random/boot_id", "rb") as file:
        return file.read().decode().strip()


def stat_line(pid: int | str) -> str:
    """The process's line of /proc/PID/stat; empty if it is gone."""
    return _read_stat(pid).decode(errors="replace").strip()


def who_is(stat: str) -> tuple[int, int]:
    """The process and its start, in ticks since boot, in a line of /proc/PID/stat. ValueError if it is none."""
    pid, _, rest = stat.partition(" ")
    fields = rest.rpartition(") ")[2].split()
    if len(fields) <= _START:
        raise ValueError(f"{stat!r} is no line of /proc/PID/stat")
    return int(pid), int(fields[_START])


def is_living(pid: int, start: int) -> bool:
    """Whether the process that started then lives, and does not only wait to be buried."""
    fields = _fields(pid)
    return fields is not None and fields[_STATE] not in b"ZX" and int(fields[_START]) == start


def living_groups() -> set[int]:
    """The process groups in which anything lives."""
    return {group for _, group in _living()}


def group_exists(group: int) -> bool:
    """Whether the process group has a member, dead ones that nobody buried included."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def open_output(group: int, pipe: int) -> int | None:
    """The reading end of the pipe with the inode `pipe`, if a process of the group still prints into it."""
    for pid, its_group in _living():
        if its_group != group:
            continue
        for number in (1, 2):
            path = f"/proc/{pid}/fd/{number}"
            try:
                found = os.stat(path)
                if stat.S_ISFIFO(found.st_mode) and found.st_ino == pipe:
                    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                continue
    return None


def _living() -> list[tuple[int, int]]:
    """The (process, group) of everything that lives."""
    found: list[tuple[int, int]] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _fields(name)
            if fields is not None and fields[_STATE] not in b"ZX":
                found.append((int(name), int(fields[_GROUP])))
    return found


def _fields(pid: int | str) -> list[bytes] | None:
    """The fields after the process's name, which may hold blanks and brackets itself; None if it is gone."""
    return _read_stat(pid).rpartition(b") ")[2].split() or None


def _read_stat(pid: int | str) -> bytes:
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, 4096)
    except OSError:
        return b""
    finally:
        os.close(file)
