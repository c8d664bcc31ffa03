"""What is written to a log of what is tried again and again: a trouble once, until it changes or is over."""

import logging


class Troubles:
    """Tells troubles when they begin and when they are over."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: dict[str, str] = {}

    def trouble(self, where: str, text: str) -> None:
        """Something went wrong; told unless it is what was told last."""
        if self._told.get(where) != text:
            self._told[where] = text
            self._log.error("%s", text)

    def well(self, where: str) -> None:
        """Nothing is wrong there; told if something was."""
        if (text := self._told.pop(where, None)) is not None:
            self._log.info("over: %s", text)
