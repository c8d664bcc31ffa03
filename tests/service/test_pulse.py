"""A running service leaves signs of life of its scheduler where others look for them."""

import signal
import time

from atsn_tui.home import pulse
from atsn_tui.home.home import Home
from tests.nodes import Machines, eventually
from tests.processes.forks import Forks


async def test_the_scheduler_of_a_real_service_leaves_signs_of_life(
    zygote: Forks, make_node: Machines
) -> None:
    hq = await make_node.make("hq", listen=False)
    home = Home(hq.home)
    service = await zygote.serve(hq)
    began = home.pulse()
    assert began.running
    # As if nothing had been heard for long: the next sign comes within some seconds, and is of now.
    pulse.leave(home.service_lock, began.turned - 3_600_000_000)
    assert home.pulse().silent_since(time.time_ns() // 1000)
    await eventually(lambda: home.pulse().turned > began.turned)
    status = (await zygote.run(hq, "status", "--json")).json
    assert (status["service"], status["silent_since"]) == ("running", None)
    service.send(signal.SIGTERM)
    await service.end()
    assert not home.pulse().running
