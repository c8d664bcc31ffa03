"""${VARIABLES} in subjects and paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.reports.variables import Expanded, expand, expand_all


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${A} and ${B}", "one and "),
        ("$${A} costs $$5", "${A} costs $5"),
        ("$A, ${, ${}, ${1}, $", "$A, ${, ${}, ${1}, $"),
        ("${DOLLAR}", "${A}"),
    ],
)
def test_what_is_defined_is_replaced_once(text: str, expanded: str) -> None:
    values = {"A": "one", "B": "", "DOLLAR": "${A}"}
    assert expand(text, values) == Expanded(expanded)


def test_what_is_not_defined_stays_as_written_and_is_named_once() -> None:
    assert expand("${NO}-${A}-${NO}-${NEITHER}", {"A": "1"}) == Expanded(
        "${NO}-1-${NO}-${NEITHER}", ("NO", "NEITHER")
    )


def test_where_it_must_be_defined_the_error_names_it() -> None:
    assert expand_all("the directory", "/srv/${A}", {"A": "1"}) == "/srv/1"
    with pytest.raises(
        BadInput, match=r"the directory '/srv/\$\{NO\}': \$\{NO\} is not defined here; set it"
    ):
        expand_all("the directory", "/srv/${NO}", {})


@given(st.text())
def test_a_text_can_be_protected(text: str) -> None:
    assert expand(text.replace("$", "$$"), {}) == Expanded(text)
