"""Attacks a service with thousands of connections and messages. By hand: python -m tests.benchmarks.starve [SIZE]

For each attack: how long a good peer waited for a new login and an answer (median and longest), and the memory of the
service.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from tests.attack.starving import ATTACKS, made
from tests.nodes import Machines


def main(size: int) -> None:
    """Do so."""
    with tempfile.TemporaryDirectory() as path:
        machines = Machines(Path(path))
        target = made(machines("web1"))
        try:
            asyncio.run(target.serve_good())
            print(f"at rest: {target.waited[0] * 1000:.0f} ms, {target.memory} MiB")
            for attack in ATTACKS:
                target.waited.clear()
                target.most = 0
                asyncio.run(target.under(attack, size))
                waited = target.waited
                print(
                    f"{attack.__name__:20} {len(waited):5} logins, median {statistics.median(waited) * 1000:5.0f} ms, "
                    f"longest {max(waited) * 1000:6.0f} ms, at most {target.most} MiB",
                    flush=True,
                )
        finally:
            machines.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
