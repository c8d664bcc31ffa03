"""config.toml: every key explained, nothing unknown taken, and changed without losing a comment."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from atsn_tui.errors import BadFile, BadInput, NotFound, Refused
from atsn_tui.home import config, config_change, locks, sections, template
from atsn_tui.home.config_change import change


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def documented(kind: type) -> dict[str, bool]:
    """Each field of the class, and whether a docstring follows it."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(tree, ast.ClassDef)
    following = zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True)
    return {
        node.target.id: isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        for node, after in following
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


@pytest.mark.parametrize(
    "kind",
    [
        config.Config, config.BrakeLimits, config.Timeouts,
        sections.Reports, sections.NodeMail, sections.Heartbeat, sections.ClockLimits,
    ],
)  # fmt: skip
def test_every_field_has_a_docstring(kind: type) -> None:
    fields = documented(kind)
    assert fields
    assert all(fields.values()), fields


def test_a_full_file_is_read(path: Path) -> None:
    text = """
    name = "web1"
    listen = "[::]:22"
    connect = false
    tags = ["web", "berlin"]
    theme = "nord"
    [variables]
    BACKUP_DIR = "/srv"
    [brake]
    max_deletions = 1
    [timeouts]
    connect = 3
    [reports]
    when = "on_change"
    to = ["ops@example.org"]
    [mail]
    user = "atsn"
    password_file = "mail-password"
    [heartbeat]
    url = "https://example.org/ping"
    [clock]
    beyond = "refuse"
    """
    assert config.load(write(path, text)) == config.Config(
        name="web1",
        listen="[::]:22",
        connect=False,
        tags=("web", "berlin"),
        theme="nord",
        variables={"BACKUP_DIR": "/srv"},
        brake=config.BrakeLimits(max_deletions=1),
        timeouts=config.Timeouts(connect=3),
        reports=sections.Reports(when="on_change", to=("ops@example.org",)),
        mail=sections.NodeMail(user="atsn", password_file="mail-password"),
        heartbeat=sections.Heartbeat(url="https://example.org/ping"),
        clock=sections.ClockLimits(beyond="refuse"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "x"\nlisten_on = "a"', "unknown key listen_on: did you mean listen?"),
        (
            'name = "x"\n[brake]\nmax_deletion = 3',
            "unknown key brake.max_deletion: did you mean brake.max_deletions?",
        ),
        ('name = "x"\nzzz = 1', "unknown key zzz: known are name, listen, "),
        ('name = "x"\nconnect = "yes"', "connect: Expected `bool`, got `str`"),
        ('name = "x"\n[brake]\nmax_share = 101', "brake.max_share: Expected `int` <= 100"),
        ('name = "x"\nbrake = 3', "brake: Expected `object`, got `int`"),
        ("connect = true", "missing required field `name`"),
        ('name = ""', "name is empty"),
        ('name = "x"\nlisten = "a:b"', "listen: 'a:b' has no valid port"),
        ('name = "x"\ntags = [""]', "tag is empty"),
        ('name = "x"\nvariables = {"A B" = "c"}', "'A B' is no variable name"),
        ('name = "x"\nname = "y"', ", line 2: Cannot overwrite a value"),
        (
            'name = "x"\nreports.when = "sometimes"',
            "reports.when: 'sometimes' is none of always, never, on_change, on_failure",
        ),
        ('name = "x"\nreports.file = "here.log"', "reports: file 'here.log' is not absolute"),
        ('name = "x"\nmail.user = "me"', "mail: user and password_file belong together"),
        ('name = "x"\nheartbeat.url = "example.org"', "heartbeat: url is none: write it as https://"),
        ('name = "x"\nclock.limit = 0', "clock.limit: Expected `int` >= 1"),
        ("# a\n\nname = x", ", line 3: Invalid value"),
        ('name = "x"\n[brake\n', ", line 2: "),
        ('name = "x"\ntags = [', ", line 2: "),
    ],
)
def test_a_bad_file_is_refused_with_file_and_key_or_line(path: Path, text: str, says: str) -> None:
    with pytest.raises(BadFile) as caught:
        config.load(write(path, text))
    assert caught.value.message.startswith(str(path))
    assert says in caught.value.message


def test_other_encodings_are_refused_with_the_line(path: Path) -> None:
    path.write_bytes(b'name = "x"\n# caf\xe9\n')
    with pytest.raises(BadFile, match=f"{path}, line 2: not UTF-8"):
        config.load(path)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(NotFound, match=str(path)):
        config.load(path)


@pytest.mark.parametrize("name", ["hq", 'say "hi"', "back\\slash", "Zürich {name}", "#1"])
@pytest.mark.parametrize("listen", [None, "127.0.0.1:8022"])
def test_a_new_nodes_file_holds_its_name_and_address_and_otherwise_the_defaults(
    path: Path, name: str, listen: str | None
) -> None:
    data = template.render(name, listen)
    assert config.parse(data, path) == config.Config(name=name, listen=listen)


def test_the_values_shown_in_comments_are_the_defaults(path: Path) -> None:
    lines = template.render("hq", None).decode().splitlines()
    shown = [
        line[2:]
        for line in lines
        if re.match(
            r"# (connect|tags|brake|timeouts|reports.(when|max|keep)|mail.(sec|ver)|heartbeat.every|clock)",
            line,
        )
    ]
    assert config.parse("\n".join(['name = "hq"', *shown]).encode(), path) == config.Config(name="hq")


def test_every_key_stands_in_a_new_nodes_file() -> None:
    text = template.render("hq", None).decode()
    tables = {"variables", "brake", "timeouts", "reports", "mail", "heartbeat", "clock"}
    assert [key for key in config.known_keys() if key not in tables and f"{key} = " not in text] == []


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("name", "web2", 'name = "web2" # ours'),
        ("listen", "[::1]:1", 'listen = "[::1]:1"'),
        ("connect", False, "connect = false"),
        ("tags", ["a", "b"], 'tags = ["a", "b"]'),
        ("variables.A", "1 #", 'variables.A = "1 #"'),
        ("brake.max_deletions", 7, "max_deletions = 7 # few"),
        ("brake.max_share", 7, "max_share = 7"),
        ("timeouts.answer", 7, "timeouts.answer = 7"),
    ],
)
def test_a_change_keeps_everything_else(path: Path, key: str, value: object, line: str) -> None:
    before = '# top\nname = "web1" # ours\n\n[brake] # mind\nmax_deletions = 3 # few\n# end\n'
    changed = change(write(path, before), {key: value}).config
    assert changed == config.load(path)
    lines = path.read_text().splitlines()
    assert line in lines
    gone = set(before.splitlines()) - set(lines)
    assert gone <= {'name = "web1" # ours', "max_deletions = 3 # few"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_none_takes_a_key_out(path: Path) -> None:
    write(path, 'name = "x"\nlisten = "a:1"\nbrake.max_share = 3\nvariables = {A = "1"}\n')
    for key in ("listen", "brake.max_share", "variables.A", "theme", "timeouts.answer"):
        change(path, {key: None})
    assert config.load(path) == config.Config(name="x")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("brake.max_deletion", 3, "did you mean brake.max_deletions?"),
        ("variables", "x", "variables cannot be 'x'"),
        ("variables.a-b", "x", "no variable name"),
        ("variables.a.b", "x", "no setting is called"),
        ("variables.", "x", "no setting is called"),
        ("name", None, "missing required field `name`"),
        ("connect", "no", "connect: Expected `bool`"),
        ("", "x", "no setting is called ''"),
    ],
)
def test_a_wrong_change_leaves_the_file_alone(path: Path, key: str, value: object, says: str) -> None:
    write(path, 'name = "x"\n')
    with pytest.raises(BadInput, match=re.escape(says)):
        change(path, {key: value})
    assert path.read_text() == 'name = "x"\n'


def test_changes_after_each_other_stay_a_legal_file(path: Path) -> None:
    path.write_bytes(template.render("hq", None))
    for key, value in (
        ("variables.A", "1"),
        ("brake.max_share", 3),
        ("tags", ["x"]),
        ("brake.max_deletions", 2),
        ("variables.B", "2"),
        ("listen", "h:1"),
    ):
        change(path, {key: value})
    assert config.load(path) == config.Config(
        name="hq",
        listen="h:1",
        tags=("x",),
        variables={"A": "1", "B": "2"},
        brake=config.BrakeLimits(max_deletions=2, max_share=3),
    )


def test_two_changes_at_once_take_turns(path: Path) -> None:
    write(path, 'name = "x"\n')
    with locks.exclusive(path.with_name("config.toml.lock")), pytest.raises(Refused, match="is held by"):
        change(path, {"theme": "nord"})
    assert change(path, {"theme": "nord"}).config.theme == "nord"


def test_several_keys_are_set_at_once_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(config_change, "write_atomically", lambda _, data: written.append(data))
    write(path, 'name = "x"\n')
    change(path, {"theme": "nord", "brake.max_share": 3, "variables.A": "1"})
    assert [config.parse(data, path).brake.max_share for data in written] == [3]
    with pytest.raises(BadInput, match=r"theme, connect cannot be set like that: .*connect: Expected `bool`"):
        change(path, {"theme": "nord", "connect": "no"})
    assert len(written) == 1


def test_a_change_is_taken_back_unless_somebody_has_edited_the_file_since(path: Path) -> None:
    write(path, 'name = "x"\n')
    changed = change(path, {"theme": "nord"})
    assert config_change.take_back(path, changed)
    assert path.read_text() == 'name = "x"\n'
    changed = change(path, {"theme": "nord"})
    change(path, {"connect": False})
    assert not config_change.take_back(path, changed)
    assert config.load(path) == config.Config(name="x", theme="nord", connect=False)
