"""The scene that the demo plays where there is no terminal: commands, what they print, and what must hold."""

import shlex
from collections.abc import Iterable
from typing import TextIO

from atsn_tui.cli.demo.place import NAMES, Place
from atsn_tui.cli.demo.process import run_atsn
from atsn_tui.cli.demo.stage import GROUP, PULLED
from atsn_tui.errors import AtsnError
from atsn_tui.node.views import TaskView

FIRST, LAST = 10, 4
"""Of a longer output so many lines are shown."""


class Scene:
    """Plays commands on the nodes, prints them, and counts the promises that were not kept."""

    def __init__(self, place: Place, out: TextIO) -> None:
        self.broken = 0
        self._place = place
        self._out = out
        self._act = 0

    def act(self, title: str) -> None:
        """Begin the next part."""
        self._act += 1
        self._print(f"\n━━ {self._act}. {title}\n")

    async def type(self, node: str, *words: str, exits: int = 0) -> None:
        """Run a command on a node as an admin would; it must exit with that code."""
        self._print(f"{node}$ {shlex.join(['atsn', *words])}")
        code, output = await run_atsn(self._place.home(node), *words)
        for line in _shortened(output.rstrip("\n").split("\n")):
            self._print(f"    {line}".rstrip())
        self.promise(f"exit code {code}", code == exits, f"{exits} was promised")

    def promise(self, what: str, kept: bool, otherwise: str) -> None:
        """Tell whether something holds that must hold."""
        self._print(f"  ✓ {what}" if kept else f"  ✗ {what}: {otherwise}")
        self.broken += not kept

    async def same_digest(self, group: str, *nodes: str) -> None:
        """Promise that the group has the same digest on these nodes."""
        digests = [await self.digest(node, group) for node in nodes]
        shown = ", ".join(f"{node} {digest[:12]}" for node, digest in zip(nodes, digests, strict=True))
        self.promise(f"digest of {group}: {shown}", len(set(digests)) == 1, "they differ")

    async def digest(self, node: str, group: str) -> str:
        """The digest of a group, read from the node's own home."""
        async with self._place.node(node) as opened:
            return (await opened.groups.get(group)).digest

    async def tasks(self, node: str, group: str) -> list[TaskView]:
        """The tasks of a group, read from the node's own home."""
        async with self._place.node(node) as opened:
            return await opened.tasks.list(group)

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)


async def play(place: Place, out: TextIO) -> int:
    """Play all acts; 0 if every promise was kept, else 10."""
    addresses = ", ".join(f"{name} at {place.identities[name].listen}" for name in NAMES)
    print(f"Three nodes, as processes of their own in {place.path}: {addresses}", file=out)
    scene = Scene(place, out)
    for act in (_first, _edit, _delete, _down, _back):
        await act(scene, place)
    kept = scene.broken == 0
    print(f"\n{'✓ every promise was kept' if kept else f'✗ {scene.broken} promises were broken'}", file=out)
    return 0 if kept else AtsnError.exit_code


async def _first(scene: Scene, place: Place) -> None:
    scene.act("hq keeps 15 tasks for web1 and web2; web2 keeps 4 that hq pulls. Look, then apply")
    await scene.type("hq", "link", "list")
    await scene.type("hq", "diff", exits=1)
    await scene.type("hq", "replicate", "--yes")
    await scene.same_digest(GROUP, "hq", "web1", "web2")
    await scene.same_digest(PULLED, "hq", "web2")


async def _edit(scene: Scene, place: Place) -> None:
    scene.act("A change and a new task on hq. Look, then apply")
    await scene.type("hq", "task", "set", f"{GROUP}/certs/rotate-certs", "schedules=*/30 * * * *")
    line = "echo 12 tables"
    await scene.type(
        "hq", "task", "add", GROUP, "nightly-vacuum", "--command", line, "--schedule", "0 4 * * *"
    )
    await scene.type("hq", "diff", GROUP, exits=1)
    await scene.type("hq", "replicate", GROUP, "--yes")
    await scene.same_digest(GROUP, "hq", "web1", "web2")


async def _delete(scene: Scene, place: Place) -> None:
    scene.act("A task goes on hq: strict takes it from web1, easy leaves web2 what it has")
    line = "echo cache flushed"
    await scene.type("web2", "task", "add", GROUP, "flush-cache", "--command", line, "--schedule", "@hourly")
    await scene.type("hq", "task", "rm", f"{GROUP}/reports/old-report", "--yes")
    untouched = await scene.digest("web2", GROUP)
    await scene.type("hq", "diff", GROUP, exits=1)
    await scene.type("hq", "replicate", GROUP, "--yes")
    await scene.same_digest(GROUP, "hq", "web1")
    kept = await scene.digest("web2", GROUP) == untouched
    scene.promise("web2 keeps its own task and the old one", kept, "its digest has changed")


async def _down(scene: Scene, place: Place) -> None:
    scene.act("web1 is down, really; the others go on")
    await place.services["web1"].stop()
    untouched = await scene.digest("web1", GROUP)
    await scene.type("hq", "task", "set", f"{GROUP}/health/disk-space", "schedules=every 2m")
    await scene.type("hq", "diff", GROUP, exits=4)
    await scene.type("hq", "replicate", GROUP, "--yes", exits=4)
    scene.promise("web1 is as it was", await scene.digest("web1", GROUP) == untouched, "it has changed")
    ours, theirs = await scene.tasks("hq", GROUP), await scene.tasks("web2", GROUP)
    scene.promise(
        "web2 has every task of hq", _contents(ours) <= _contents(theirs), "some are missing or differ"
    )


async def _back(scene: Scene, place: Place) -> None:
    scene.act("web1 is back and catches up")
    await place.services["web1"].start()
    await scene.type("hq", "replicate", GROUP, "--yes")
    await scene.same_digest(GROUP, "hq", "web1")
    await scene.type("hq", "diff")


def _shortened(lines: list[str]) -> list[str]:
    left_out = len(lines) - FIRST - LAST
    return lines if left_out < 2 else [*lines[:FIRST], f"… {left_out} more lines", *lines[-LAST:]]


def _contents(tasks: Iterable[TaskView]) -> set[tuple[str, str, str]]:
    return {(view.id, view.modified_at, view.fingerprint) for view in tasks}
