"""The script that makes the README's pictures goes along with the code that it pictures."""

import runpy
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def test_the_script_finds_all_that_it_uses() -> None:
    assert callable(runpy.run_path(str(IMAGES / "make_picture.py"), run_name="make_picture")["main"])
