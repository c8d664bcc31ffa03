"""What the doctor found, as JSON."""

from typing import Any

import msgspec

from atsn_tui.node.doctor.check import Examination


def examination_form(found: Examination) -> dict[str, Any]:
    """What the doctor found, with the worst verdict first."""
    return {"home": found.home, "verdict": found.verdict, "findings": msgspec.to_builtins(found.findings)}
