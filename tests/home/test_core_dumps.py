"""What is hidden stays in this process: programs that it starts begin as any other."""

import json
import subprocess
import sys

_PROGRAM = """
import ctypes, json, resource, subprocess, sys
sys.path[:0] = sys.argv[1:]
from atsn_tui.home.core_dumps import hide
look = "import ctypes, json, resource; print(json.dumps([ctypes.CDLL(None).prctl(3), resource.getrlimit(4)]))"
before = [ctypes.CDLL(None).prctl(3), resource.getrlimit(4)]
hide()
own = [ctypes.CDLL(None).prctl(3), resource.getrlimit(4)]
child = json.loads(subprocess.run([sys.executable, "-c", look], capture_output=True, check=True).stdout)
print(json.dumps([before, own, child]))
"""


def test_no_core_dump_shows_it_and_children_have_their_limits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *sys.path], capture_output=True, check=True, timeout=60
    )
    before, own, child = json.loads(done.stdout)
    assert own == [0, before[1]], "not dumpable, with the limits as they were"
    assert child == before, "a program that it starts is as any other"
