"""Whose mail this is: what this machine and the user of this process are called."""

import asyncio
import os
import pwd
import socket

from atsn_tui.host.aside import aside

NAME_PATIENCE = 2.0
"""Seconds that the machine's full name is waited for: it is asked of the network."""

_names: list[str] = []


async def full_name() -> str:
    """This machine's full name, or its short one if the network does not tell in time."""
    if not _names:
        try:
            async with asyncio.timeout(NAME_PATIENCE):
                _names.append(await aside(socket.getfqdn))
        except TimeoutError:
            return socket.gethostname()
    return _names[0]


def user_name() -> str:
    """The user that this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "atsn"
