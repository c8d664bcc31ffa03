"""What the demo shows: sample groups, nodes that know each other, links, and something to replicate."""

import contextlib
import os
import pwd

from atsn_tui.cli.demo.place import NAMES, Place
from atsn_tui.cli.demo.sample import sample_groups

GROUP = "Replicated tasks"
PULLED = "Web front"


async def set_up(place: Place) -> None:
    """Make the nodes, fill them, make them known to each other, link them and start them."""
    await place.make_nodes()
    for group in sample_groups():
        async with place.node(group.keeper) as node:
            made = await node.groups.add(group.name)
            settings = {**_account(), **group.settings}
            if settings:
                await node.groups.change(made.id, settings)
            for task in group.tasks():
                await node.tasks.add(made.id, task)
    await _acquaint(place)
    await place.start()
    async with place.node("hq") as hq:
        await hq.links.add(GROUP, "web1", "push", mode="strict")
        await hq.links.add(GROUP, "web2", "push", mode="easy")
        await hq.links.add(PULLED, "web2", "pull", mode="easy")


def _account() -> dict[str, str]:
    """As root, the tasks run as a user who may do nothing: what comes from a peer does not run as root."""
    if os.geteuid() != 0:
        return {}
    with contextlib.suppress(KeyError):
        return {"account.user": pwd.getpwnam("nobody").pw_name}
    return {}


async def fall_behind(place: Place) -> None:
    """Replicate everything, then change a little, so that there is something to see at once."""
    async with place.node("hq") as hq:
        await hq.replication.cycle()
        await hq.tasks.change(f"{GROUP}/certs/rotate-certs", {"schedules": "*/30 * * * *"})
        await hq.tasks.change(f"{GROUP}/backup/verify-last", {"options.timeout": "20m"})
        old = await hq.tasks.get(f"{GROUP}/reports/old-report")
        await hq.tasks.remove([old.id])
    async with place.node("web2") as web2:
        await web2.tasks.change(f"{PULLED}/warm-cache", {"schedules": "every 5m"})
    async with place.node("hq") as hq, hq.replication.open() as session:
        await session.compute()


async def _acquaint(place: Place) -> None:
    hub = place.identities["hq"]
    for name in NAMES[1:]:
        other = place.identities[name]
        async with place.node("hq") as node:
            await node.peers.add(
                name, other.public_key, address=other.listen, host_key=other.host_key, grants=("status",)
            )
        async with place.node(name) as node:
            await node.peers.add(
                "hq",
                hub.public_key,
                address=hub.listen,
                host_key=hub.host_key,
                grants=("pull", "push", "status"),
                allow_from=("127.0.0.0/8",),
            )
