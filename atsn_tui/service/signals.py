"""What the service is told by signals."""

import asyncio
import signal

STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Takes the signals of this process from now on. A second signal to stop is for the system's default."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        """It is to end."""
        self.reload = asyncio.Event()
        """It is to read its configuration anew."""
        self._loop = asyncio.get_running_loop()
        for number in STOP:
            self._loop.add_signal_handler(number, self._stop)
        self._loop.add_signal_handler(signal.SIGHUP, self.reload.set)

    def _stop(self) -> None:
        self.stop.set()
        for number in STOP:
            self._loop.remove_signal_handler(number)
