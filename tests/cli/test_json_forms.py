"""The JSON forms are those that docs/cli.md shows."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_docs import json_form
from tests.nodes import Machine, Machines, acquaint


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    make = Machines(tmp_path_factory.mktemp("forms"))
    hq, web1 = make("hq"), make("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "x", "true", "--schedule", "0 3 * * *")
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    return hq


@pytest.mark.parametrize(
    ("title", "words", "listed"),
    [
        ("identity", ("identity",), False),
        ("status", ("status",), False),
        ("group line", ("group", "list"), True),
        ("group", ("group", "show", "ops"), False),
        ("task", ("task", "list", "ops"), True),
        ("task", ("task", "show", "ops/x"), False),
        ("peer", ("peer", "list"), True),
        ("peer", ("peer", "show", "web1"), False),
        ("link", ("link", "list"), True),
    ],
)
def test_a_form_has_the_documented_keys(
    hq: Machine, title: str, words: tuple[str, ...], listed: bool
) -> None:
    form = hq.atsn(*words, "--json").json
    assert set(form[0] if listed else form) == set(json_form(title))


def test_the_past_has_the_documented_keys(hq: Machine) -> None:
    change = hq.atsn("history", "ops", "--json").ok().json["changes"][0]
    assert set(change) == set(json_form("change"))
    assert set(hq.atsn("undo", "ops", "--json").json) == set(json_form("undo"))
    assert set(hq.atsn("audit", "--json").ok().json["entries"][0]) == set(json_form("entry"))


def test_the_lists_of_the_status_hold_the_documented_forms(hq: Machine) -> None:
    form = hq.atsn("status", "--json").json
    for part, title in (("groups", "group line"), ("peers", "peer"), ("links", "link")):
        assert set(form[part][0]) == set(json_form(title))


def test_a_link_in_a_diff_has_the_documented_keys(hq: Machine) -> None:
    outcome = hq.atsn("diff", "--json")
    [form] = outcome.json["links"]
    assert outcome.code == 4
    assert set(form) == set(json_form("links")["links"][0])
    assert form["state"] == "unreachable"
    assert form["error"]["code"] == "unreachable"


def test_an_import_has_the_documented_keys(hq: Machine, tmp_path: Path) -> None:
    (tmp_path / "tab").write_text("0 3 * * * true\n61 * * * * wrong\n")
    [form] = hq.atsn("import", str(tmp_path / "tab"), "--json").ok().json["imports"]
    documented: Any = json_form("imports")["imports"][0]
    assert set(form) == set(documented)
    assert set(form["added"][0]) == set(documented["added"][0])
    assert set(form["rejected"][0]) == set(documented["rejected"][0])
    assert form["format"] == "crontab"
    text = hq.atsn("export", "ops").ok().out
    [form] = hq.atsn("import", "-", "--into", "ops", "--json", stdin=text.encode()).ok().json["imports"]
    assert set(form) == {"file", "format", "group", "group_id", "dry_run", "result", "omitted"}
