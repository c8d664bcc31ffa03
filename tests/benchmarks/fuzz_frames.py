"""Throws a million broken messages at the decoders. By hand: python -m tests.benchmarks.fuzz_frames [NUMBER] [SEED]

Each input is a stream of bytes, cut up at random: real messages with values exchanged, damaged frames, and noise. It
is taken in as both ends would, up to the checks that a receiver makes before it looks at its own state. Only the
documented errors may come of it; the time of one input and the memory are watched.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.attack.mutations import chunks, mutated, recorded, swallow

SLOWEST = 1.0
"""Seconds that one input may take."""
GROWTH = 64
"""MiB that may be gained after the first tenth."""


def resident() -> int:
    """MiB of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20


def main(number: int, seed: int) -> None:
    """Do so."""
    with tempfile.TemporaryDirectory() as path:
        known = asyncio.run(recorded(Path(path)))
    print(f"{len(known)} recorded messages, seed {seed}", flush=True)
    seen: Counter[str] = Counter()
    slowest, began, memory = 0.0, time.monotonic(), 0
    for each in range(number):
        rng = random.Random(f"{seed} {each}")
        stream = mutated(rng, known)
        started = time.perf_counter()
        try:
            seen.update(swallow(chunks(rng, stream)) or ["nothing"])
        except BaseException:
            print(f"input {each}: {stream[:2000]!r}", flush=True)
            raise
        slowest = max(slowest, time.perf_counter() - started)
        if each == number // 10:
            memory = resident()
    took = time.monotonic() - began
    print(f"{number} inputs in {took:.0f} s, the slowest {slowest * 1000:.1f} ms")
    print(f"memory: {memory} MiB after a tenth, {resident()} MiB in the end")
    print(", ".join(f"{name} {count}" for name, count in seen.most_common()))
    assert slowest < SLOWEST
    assert resident() - memory < GROWTH


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [1_000_000, 1][len(arguments) :]))
