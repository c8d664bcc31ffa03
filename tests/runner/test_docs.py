"""What the manual says about running is so."""

import re
from pathlib import Path

from atsn_tui.runner import places
from atsn_tui.runner.jobs.environment import job_environment
from tests.runner.test_environment import ABOUT, ADA

MANUAL = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The first two columns of the tables under a heading."""
    section = re.split(r"\n## ", MANUAL.split(f"\n## {heading}\n", 1)[1])[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {name.strip(): value.strip() for name, value, *_ in cells}


def test_every_variable_of_a_job_is_in_the_manual_with_its_value() -> None:
    found = job_environment(ADA, ABOUT, node={}, group={}, task={})
    documented = {
        name.strip("`"): value
        for names, value in rows("What a job finds").items()
        for name in names.split(", ")
    }
    assert set(documented) == set(found)
    for name in ("SHELL", "PATH"):
        assert documented[name] == f"`{found[name]}`"


def test_every_file_of_the_runner_is_in_the_manual() -> None:
    functions = (places.keeper_socket, places.keeper_lock, places.keeper_log, places.journal_file)
    files = {function("") for function in functions} | {places.output_file("", "RUN")}
    assert set(rows("The keeper")) == {f"`{file}`" for file in files}
