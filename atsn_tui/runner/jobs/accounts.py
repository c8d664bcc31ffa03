"""Users and groups of this machine, as tasks name them. Looking them up may ask a directory service and block."""

import grp
import os
import pwd

from msgspec import Struct

from atsn_tui.errors import NotFound, Refused

NO_SHELLS = ("nologin", "false")
"""Shells that let nobody in; a task's command is not for them."""

NO_HOME = "/nonexistent"
"""What a system says of an account that is to have no home, as Debian does of `nobody`."""


class Account(Struct, frozen=True, kw_only=True):
    """As whom a task runs."""

    user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    """Supplementary groups, `gid` among them."""
    home: str
    shell: str
    own: bool
    """Whether the service runs just so already, and nothing has to be changed."""


def find_account(user: str | None, group: str | None) -> Account:
    """The user, or our own if None, with the user's own primary group unless another is named.

    NotFound: there is no such user or group here. Refused: it is not ours, and we are not root.
    """
    entry = _entry(user)
    gid = entry.pw_gid if group is None else _group(group)
    groups = tuple(sorted(_memberships(entry.pw_name, gid)))
    same_user = entry.pw_uid == os.getuid() == os.geteuid()
    if os.geteuid() != 0:
        _check_ours(entry.pw_name, same_user, group, gid)
    return Account(
        user=entry.pw_name,
        uid=entry.pw_uid,
        gid=gid,
        groups=groups,
        home=entry.pw_dir or "/",
        shell=entry.pw_shell or "/bin/sh",
        own=same_user and (os.geteuid() != 0 or _already(gid, groups)),
    )


def _entry(user: str | None) -> pwd.struct_passwd:
    if user is None:
        uid = os.geteuid()
        try:
            return pwd.getpwuid(uid)
        except KeyError:
            name = str(uid)  # as in a container that gives out numbers only
            return pwd.struct_passwd((name, "x", uid, os.getegid(), "", "/", "/bin/sh"))
    try:
        return pwd.getpwnam(user)
    except KeyError as error:
        raise NotFound(
            f"user {user} does not exist on this node: make it, or let the task run as another (run_as)"
        ) from error


def _group(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise NotFound(
            f"group {group} does not exist on this node: make it, or name another (run_as_group)"
        ) from error


def _memberships(user: str, gid: int) -> set[int]:
    return {gid, *os.getgrouplist(user, gid)}


def _check_ours(user: str, same: bool, group: str | None, gid: int) -> None:
    if not same:
        raise Refused(
            f"cannot run as {user}: the service of this node runs as {_entry(None).pw_name}, and only that of root "
            "can run tasks as somebody else"
        )
    if group is not None and gid != os.getegid():
        raise Refused(f"cannot run with the group {group}: only a service of root can change the group")


def _already(gid: int, groups: tuple[int, ...]) -> bool:
    return gid == os.getgid() == os.getegid() and set(groups) == {gid, *os.getgroups()}
