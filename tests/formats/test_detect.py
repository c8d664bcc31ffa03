"""What kind of file shall be imported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.formats.detect import detect


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/etc/crontab", "system-crontab"),
        ("/etc/cron.d/backup", "system-crontab"),
        ("/var/spool/cron/crontabs/root", "crontab"),
        ("/var/spool/cron/root", "crontab"),
        ("/etc/crontabs/root", "crontab"),
    ],
)
def test_crons_own_files_leave_no_doubt(name: str, kind: str) -> None:
    assert detect(b"* * * * * root /bin/x\n@daily /bin/y\n", name) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"* * * * * root /bin/x\n", "system-crontab"),
        (b"# 5 4 * * * www-data /bin/x\n", "system-crontab"),
        (b"* * * * * /bin/x\n", "crontab"),
        (b"* * * * * sudo /bin/x\n", "crontab"),
        (b"* * * * * root\n", "crontab"),
        (b"@daily backup -v\n", "crontab"),
        (b"* * * * * jane /bin/x\n", "crontab"),
        (b"# m h dom mon dow user command\n* * * * * jane /bin/x\n", "system-crontab"),
        (b"* * * * * root a\n* * * * * root b\n* * * * * /bin/c\n", "system-crontab"),
        (b"", "crontab"),
        (b"\xff\xfe\x00", "crontab"),
        (b"{% for x in y %}\n", "crontab"),
        (b'{"format": "atsn-snapshot"}', "snapshot"),
        (b'\xef\xbb\xbf\n {\n "x": 1}', "snapshot"),
        (b"{}", "snapshot"),
    ],
)
def test_otherwise_the_content_decides(content: bytes, kind: str) -> None:
    assert detect(content, "some/file") == kind


def test_the_name_decides_where_the_content_does_not() -> None:
    undecided = b"* * * * * jane /bin/x\n"
    assert detect(undecided, "backup/etc/cron.d/jane") == "system-crontab"
    assert detect(undecided, "etc/crontab") == "system-crontab"
    assert detect(undecided, "crontab.txt") == "crontab"


@given(st.binary(), st.text())
def test_anything_has_a_kind(data: bytes, name: str) -> None:
    assert detect(data, name) in ("crontab", "system-crontab", "snapshot")
