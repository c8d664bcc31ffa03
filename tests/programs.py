"""Programs that tests start and that a machine may lack: without them a test is skipped, and in CI it fails."""

import os
import shutil

import pytest

PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Where to look: what only administrators use is not in everybody's PATH."""


def need(*programs: str) -> None:
    """Skip the test, in CI fail it, unless this machine has all these programs."""
    for program in programs:
        if shutil.which(program, path=PLACES) is None:
            told = f"there is no {program} on this machine"
            if os.environ.get("CI") == "true":
                pytest.fail(f"{told}: CI must have it")
            pytest.skip(told)
