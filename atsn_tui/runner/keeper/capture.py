"""A run's output on disk: its beginning in full, then only the last part, and never more than the limit.

The beginning goes to `RUN.out`. What is beyond goes to `RUN.tail`, which begins with the offset of its first byte;
when that is full it becomes `RUN.tail-old`. At the end of the run all of it is in `RUN.out`. A disk that is full or
broken loses output, which is counted, and never stops the job.
"""

import os
from collections.abc import Iterable

from atsn_tui.runner.mask import Masker
from atsn_tui.runner.tails import HEADER, gap_line, header, old_tail_of, read_header, tail_of

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Capture:
    """Keeps at most `limit` bytes of a stream in the file `path`, with the secrets masked.

    What was in the file before is gone with the first byte, except after `resume`.
    """

    def __init__(self, path: str, limit: int, secrets: Iterable[bytes] = ()) -> None:
        self.received = 0
        """Bytes that came."""
        self.dropped = 0
        """Bytes that were not kept. Final after `close`."""
        self.trouble = ""
        """What the system said when something could not be written."""
        self._path = path
        self._masker = Masker(secrets)
        self._head_limit = limit - limit // 2
        self._last_limit = limit // 2
        self._tail_limit = limit // 4
        self._position = 0
        self._begun = False
        self._tail_size = 0

    def resume(self) -> None:
        """Go on where another process left off."""
        self._position = _size(self._path)
        self._begun = True
        start = read_header(tail_of(self._path))
        if start is not None:
            self._tail_size = max(0, _size(tail_of(self._path)) - HEADER)
            self._position = start + self._tail_size
        self.received = self._position

    def feed(self, data: bytes) -> None:
        """Keep what there is room for."""
        self.received += len(data)
        self._keep(self._masker.feed(data))

    def discard(self, data: bytes) -> None:
        """Count what must not be kept."""
        self.received += len(data)
        self.dropped += len(data)

    def close(self) -> None:
        """Put the last part behind the beginning."""
        self._keep(self._masker.finish())
        beyond = self._position - self._head_limit
        if beyond > 0 and self._tail_limit:
            self._join(beyond)
            for path in (old_tail_of(self._path), tail_of(self._path)):
                _remove(path)

    def _keep(self, data: bytes) -> None:
        while data:
            room = self._head_limit - self._position
            if room > 0:
                data = self._advance(data, room, self._append_head(data[:room]))
            elif self._tail_limit:
                data = self._keep_tail(data)
            else:
                self.dropped += len(data)
                return

    def _append_head(self, data: bytes) -> int:
        if not self._begun:
            _remove(self._path)
            self._begun = True
        return self._append(self._path, data)

    def _keep_tail(self, data: bytes) -> bytes:
        """Keep some of `data` in the tail; the rest is returned."""
        if self._tail_size >= self._tail_limit:
            self._turn_over()
        path = tail_of(self._path)
        room = self._tail_limit - self._tail_size
        if self._tail_size == 0:
            _remove(path)
            begin = header(self._position)
            written = max(0, self._append(path, begin + data[:room]) - len(begin))
        else:
            written = self._append(path, data[:room])
        self._tail_size += written
        return self._advance(data, room, written)

    def _advance(self, data: bytes, room: int, written: int) -> bytes:
        """Count what was written and what was lost of the first `room` bytes; the rest is returned."""
        tried = min(room, len(data))
        self._position += written
        self.dropped += tried - written
        return data[tried:]

    def _turn_over(self) -> None:
        try:
            os.replace(tail_of(self._path), old_tail_of(self._path))
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)
        self._tail_size = 0

    def _join(self, beyond: int) -> None:
        new = _content(tail_of(self._path))[-self._last_limit :]
        old = _content(old_tail_of(self._path))
        old = old[max(0, len(old) - (self._last_limit - len(new))) :]
        gap = beyond - len(old) - len(new)
        if gap > 0:
            self.dropped += gap
            self._append(self._path, gap_line(gap))
        for part in (old, new):
            self.dropped += len(part) - self._append(self._path, part)

    def _append(self, path: str, data: bytes) -> int:
        """How many bytes were written. A file is open only while it is written to: there may be 1,000 runs."""
        done = 0
        try:
            file = os.open(path, _APPEND, 0o600)
            try:
                while done < len(data):
                    done += os.write(file, data[done:] if done else data)
            finally:
                os.close(file)
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)
        return done


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()[HEADER:]
    except OSError:
        return b""


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
