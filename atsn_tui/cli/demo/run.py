"""Runs the demo: on the console where there is a terminal, as a scene where there is none."""

import asyncio
import signal
import sys

from atsn_tui.cli.ask import someone_there
from atsn_tui.cli.demo.place import temporary_place
from atsn_tui.cli.demo.scene import play
from atsn_tui.cli.demo.stage import fall_behind, set_up
from atsn_tui.cli.demo.terminal import show_console

_ENDING = (signal.SIGTERM, signal.SIGHUP)


async def run_demo() -> int:
    """Run it; the exit code. Whatever ends it, its processes and files are gone afterwards."""
    ended_by: list[signal.Signals] = []
    task = asyncio.current_task()
    assert task is not None

    def end(number: signal.Signals) -> None:
        ended_by.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, end, number)
    try:
        return await _run()
    except asyncio.CancelledError:
        if not ended_by:
            raise
        return 128 + ended_by[0]
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)


async def _run() -> int:
    async with temporary_place() as place:
        if not someone_there():
            await set_up(place)
            return await play(place, sys.stdout)
        print("Starting three nodes in a temporary place …", flush=True)
        await set_up(place)
        await fall_behind(place)
        code = await show_console(place.home("hq"))
    print("The demo is over: its three nodes are stopped and their files are gone.")
    return code
