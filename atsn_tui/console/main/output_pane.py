"""What a run prints, as it prints it, and below that how it went."""

import asyncio

from textual import work
from textual.message import Message

from atsn_tui.console.desk import Desk
from atsn_tui.console.lists.document import Block, Document, Verbatim, Words
from atsn_tui.console.look.runs import run_line, run_sign, under_way
from atsn_tui.console.main.tail import Tail
from atsn_tui.errors import AtsnError
from atsn_tui.node.runs.views import RunView


class OutputPane(Document):
    """Follows one run at a time."""

    class Ended(Message):
        """The run prints no more: there is news of it."""

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._desk = desk
        self._run: RunView | None = None
        self._named = False
        self._followed: str | None = None
        self._tail = Tail()
        self._fault = ""

    def show_run(self, run: RunView | None, named: bool) -> None:
        """Show a run, with the name of its task if `named`; None: nothing has run."""
        self._run, self._named = run, named
        if run is None:
            self.forget()
        elif run.id != self._followed:
            self.forget()
            self._run, self._followed = run, run.id
            self._follow(run.id)
        self.show_output()

    def forget(self) -> None:
        """Follow nothing."""
        self.workers.cancel_group(self, "follow")
        self._run, self._followed, self._tail, self._fault = None, None, Tail(), ""

    def tick(self) -> None:
        """Say anew how long the run has been under way."""
        if self.display and under_way(self._run):
            self.show_output()

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def _follow(self, run_id: str) -> None:
        tail = self._tail
        with self._desk.reporting(self):
            try:
                async for data in self._desk.node.runs.follow(run_id):
                    tail.add(data)
                    self.show_output()
                    await asyncio.sleep(0)
            except AtsnError as error:
                self._fault = error.message
            self.show_output()
            self.post_message(self.Ended())

    def show_output(self) -> None:
        """Show what there is; who reads the end stays there."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self.show(self._output_blocks())
        if at_end:
            self.call_after_refresh(self.action_last)

    def _output_blocks(self) -> list[Block]:
        run = self._run
        if run is None:
            return [Words("Nothing has run here yet.", "muted")]
        blocks: list[Block] = []
        if self._tail.cut:
            blocks.append(Words(f"… the beginning: atsn log {run.id}", "muted"))
        blocks += [Verbatim(line) for line in self._tail.lines]
        if self._fault:
            blocks.append(Words(self._fault, "bad"))
        sign = run_sign(run)
        nothing = " and printed nothing" if not blocks and not under_way(run) else ""
        name = f"{run.task}: " if self._named else ""
        end = f"{name}{run_line(run, self._desk.clock)}{nothing}"
        return [*blocks, Words(end, sign.role, lead=f"{sign.glyph} ")]
