"""Every action of the console, declared once.

Bindings, footer, help, palette and docs/keys.md are made from these declarations. An action `x`
of a place is the method `action_x` of that place's class.
"""

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Place = Literal["app", "main", "preview", "agenda", "list", "tree", "page"]
Context = Literal[
    "group", "folder", "task", "peer", "link", "empty", "preview", "done", "busy", "agenda", "history"
]

_SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "exclamation_mark": "!",
    "escape": "esc",
    "pagedown": "page down",
    "pageup": "page up",
    "ctrl+p": "ctrl+p",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that a person can do."""

    id: str
    keys: tuple[str, ...]
    """Textual's key names; the first is the one that is shown in the footer."""
    footer: str
    """One or two words."""
    help: str
    """One sentence without a full stop."""
    place: Place
    contexts: tuple[Context, ...] = ()
    """Where the footer shows it; empty: only help and palette do."""
    palette: bool = True

    @property
    def shown_each(self) -> tuple[str, ...]:
        """Each key as a person reads it."""
        return tuple(_SHOWN.get(key, key) for key in self.keys)

    @property
    def shown_keys(self) -> str:
        """All keys in one text."""
        return " ".join(self.shown_each)

    @property
    def shown_key(self) -> str:
        """The first key, for the footer."""
        return self.shown_each[0]


_ALL: tuple[Context, ...] = ("group", "folder", "task", "peer", "link", "empty", "history")
_THINGS: tuple[Context, ...] = ("group", "folder", "task", "peer", "link")
_TASKS: tuple[Context, ...] = ("group", "folder", "task")


def _moves(place: Place) -> tuple[Action, ...]:
    return tuple(
        Action(id=name, keys=keys, footer="", place=place, help=text, palette=False)
        for name, keys, text in (
            ("up", ("up", "k"), "Up"),
            ("down", ("down", "j"), "Down"),
            ("page_up", ("pageup", "ctrl+b"), "One screen up"),
            ("page_down", ("pagedown", "ctrl+f"), "One screen down"),
            ("first", ("home", "g"), "To the beginning"),
            ("last", ("end", "G"), "To the end"),
        )
    )


ACTIONS: tuple[Action, ...] = (
    # The main screen
    Action(
        id="replicate",
        keys=("r",),
        footer="Replicate",
        place="main",
        contexts=_THINGS,
        help="Preview the replication of the group, peer or link",
    ),
    Action(
        id="replicate_all",
        keys=("R",),
        footer="All",
        place="main",
        contexts=("group",),
        help="Preview the replication of all groups",
    ),
    Action(
        id="agenda",
        keys=("a",),
        footer="Agenda",
        place="main",
        contexts=("group", "folder", "task"),
        help="Show what ran, what failed and what comes next",
    ),
    Action(
        id="review",
        keys=("w",),
        footer="Waiting",
        place="main",
        contexts=(),
        help="Open what is held or waits for your yes",
    ),
    Action(
        id="new_task",
        keys=("n",),
        footer="New",
        place="main",
        contexts=_TASKS,
        help="Add a task to the selected group",
    ),
    Action(
        id="edit",
        keys=("e",),
        footer="Edit",
        place="main",
        contexts=_THINGS,
        help="Edit the selected task, group, peer or link",
    ),
    Action(
        id="switch",
        keys=("space",),
        footer="On/off",
        place="main",
        contexts=("task", "link"),
        help="Switch the tasks or the link on or off",
    ),
    Action(
        id="run_now",
        keys=("x",),
        footer="Run",
        place="main",
        contexts=("task",),
        help="Run the task now",
    ),
    Action(
        id="stop_run",
        keys=("X",),
        footer="Stop",
        place="main",
        help="Stop the run that is under way",
    ),
    Action(
        id="hold",
        keys=("h",),
        footer="Hold",
        place="main",
        contexts=("task",),
        help="Hold the task or group, or release it",
    ),
    Action(
        id="hold_node",
        keys=("H",),
        footer="Hold node",
        place="main",
        help="Hold everything on this node, or release it",
    ),
    Action(
        id="filter",
        keys=("slash",),
        footer="Filter",
        place="main",
        contexts=_TASKS,
        help="Show only the tasks that contain a text",
    ),
    Action(
        id="delete",
        keys=("d", "delete"),
        footer="Delete",
        place="main",
        contexts=_THINGS,
        help="Delete the tasks, or the group, peer or link",
    ),
    Action(
        id="test_peer",
        keys=("t",),
        footer="Test",
        place="main",
        contexts=("peer",),
        help="Test the connection to the peer, step by step",
    ),
    Action(
        id="why",
        keys=("o",),
        footer="Why not?",
        place="main",
        contexts=("task",),
        help="Say why the task does or does not run",
    ),
    Action(
        id="mark",
        keys=("v",),
        footer="Mark",
        place="main",
        contexts=("task",),
        help="Mark the task: on/off, run, hold, delete take all marked",
    ),
    Action(
        id="mark_all",
        keys=("V",),
        footer="Mark all",
        place="main",
        help="Mark all tasks that are shown, or none",
    ),
    Action(
        id="show_details",
        keys=("1",),
        footer="Details",
        place="main",
        help="Show the details of what is selected",
    ),
    Action(
        id="show_runs",
        keys=("2",),
        footer="Runs",
        place="main",
        help="Show its latest runs, and what did not run",
    ),
    Action(
        id="show_output",
        keys=("3",),
        footer="Output",
        place="main",
        help="Show what its latest run prints",
    ),
    Action(
        id="show_history",
        keys=("4",),
        footer="History",
        place="main",
        help="Show what was changed in it; again: go into the list",
    ),
    Action(
        id="undo",
        keys=("u",),
        footer="Undo",
        place="main",
        contexts=("history",),
        help="Undo in the group, back to before the change",
    ),
    Action(
        id="add",
        keys=("plus",),
        footer="Add",
        place="main",
        contexts=_THINGS,
        help="Add a task, group, link or peer, or import a file",
    ),
    Action(
        id="new_group",
        keys=("N",),
        footer="New group",
        place="main",
        contexts=("empty",),
        help="Create a group",
    ),
    Action(
        id="new_link",
        keys=("l",),
        footer="New link",
        place="main",
        help="Link a group with a peer, to replicate it",
    ),
    Action(
        id="new_peer",
        keys=("p",),
        footer="New peer",
        place="main",
        contexts=("empty",),
        help="Connect a peer",
    ),
    Action(
        id="invite",
        keys=("P",),
        footer="Invite",
        place="main",
        contexts=("peer",),
        help="Invite a node: get one line that it joins with",
    ),
    Action(
        id="join",
        keys=("J",),
        footer="Join",
        place="main",
        contexts=("peer",),
        help="Join a node with the line of its invite",
    ),
    Action(
        id="access",
        keys=("A",),
        footer="Access",
        place="main",
        help="Show which peer may do what here, and who was refused",
    ),
    Action(
        id="import_file",
        keys=("i",),
        footer="Import",
        place="main",
        contexts=("empty",),
        help="Import a crontab or a snapshot, after a preview",
    ),
    Action(
        id="release",
        keys=("K",),
        footer="Keep here",
        place="main",
        help="Stop following the peer that keeps the group",
    ),
    Action(
        id="copy",
        keys=("y",),
        footer="Copy",
        place="main",
        help="Copy what is shown below the list to the clipboard",
    ),
    Action(
        id="clear",
        keys=("escape",),
        footer="Back",
        place="main",
        help="End the message, the filter or the marks",
        palette=False,
    ),
    # The replicate screen
    Action(
        id="apply",
        keys=("a",),
        footer="Apply",
        place="preview",
        contexts=("preview",),
        help="Apply exactly the changes on the screen",
    ),
    Action(
        id="skip",
        keys=("space",),
        footer="Skip peer",
        place="preview",
        contexts=("preview",),
        help="Leave the peer out, or take it in again",
    ),
    Action(
        id="mode",
        keys=("m",),
        footer="Mode",
        place="preview",
        contexts=("preview",),
        help="Preview in the other mode, easy or strict",
    ),
    Action(
        id="open",
        keys=("enter",),
        footer="Open",
        place="preview",
        contexts=("preview", "done"),
        help="Show the change, or the link with its error, in full",
    ),
    Action(
        id="again",
        keys=("r",),
        footer="Look again",
        place="preview",
        contexts=("done",),
        help="Compare anew",
    ),
    Action(
        id="copy",
        keys=("y",),
        footer="Copy",
        place="preview",
        help="Copy the change to the clipboard",
    ),
    Action(
        id="leave",
        keys=("escape",),
        footer="Cancel",
        place="preview",
        contexts=("preview", "busy", "done"),
        help="Stop what is under way, or go back",
    ),
    # The agenda
    Action(
        id="open",
        keys=("enter",),
        footer="Open",
        place="agenda",
        contexts=("agenda",),
        help="Go to the task, or to the run and its output",
    ),
    Action(
        id="trouble",
        keys=("f",),
        footer="Failure",
        place="agenda",
        contexts=("agenda",),
        help="To the latest failure, or stretch without a service",
    ),
    Action(
        id="later_trouble",
        keys=("F",),
        footer="Later failure",
        place="agenda",
        help="The same, downwards",
    ),
    Action(
        id="next_together",
        keys=("c",),
        footer="Collision",
        place="agenda",
        contexts=("agenda",),
        help="To the next minute in which several tasks begin",
    ),
    Action(
        id="now",
        keys=("n",),
        footer="Now",
        place="agenda",
        contexts=("agenda",),
        help="To the line between past and future",
    ),
    Action(
        id="span",
        keys=("w",),
        footer="Hours",
        place="agenda",
        contexts=("agenda",),
        help="Look 24, 72, 168 or 6 hours back and ahead",
    ),
    Action(
        id="one_group",
        keys=("a",),
        footer="Group",
        place="agenda",
        contexts=("agenda",),
        help="Show only the group of the line, or all groups",
    ),
    Action(
        id="copy",
        keys=("y",),
        footer="Copy",
        place="agenda",
        help="Copy the agenda to the clipboard",
    ),
    Action(
        id="leave",
        keys=("escape",),
        footer="Back",
        place="agenda",
        contexts=("agenda",),
        help="Go back to the main screen",
    ),
    # Everywhere
    Action(
        id="identity",
        keys=("I",),
        footer="This node",
        place="app",
        help="Show this node's key, and how a peer adds it",
    ),
    Action(
        id="doctor",
        keys=("D",),
        footer="Doctor",
        place="app",
        help="Look for what keeps this node from its work",
    ),
    Action(
        id="audit",
        keys=("L",),
        footer="Log",
        place="app",
        help="Show who changed what on this node",
    ),
    Action(
        id="messages",
        keys=("exclamation_mark",),
        footer="Messages",
        place="app",
        help="Read the latest messages and errors again",
    ),
    Action(id="theme", keys=("T",), footer="Theme", place="app", help="Switch to the next theme"),
    Action(
        id="command_palette",
        keys=("ctrl+p",),
        footer="Palette",
        place="app",
        help="Find any of these commands by name",
        palette=False,
    ),
    Action(
        id="quit",
        keys=("q", "ctrl+q"),
        footer="Quit",
        place="app",
        contexts=_ALL,
        help="Leave the console; a running service goes on",
    ),
    Action(
        id="help",
        keys=("question_mark", "f1"),
        footer="Help",
        place="app",
        contexts=(*_ALL, "preview", "done", "busy", "agenda"),
        help="Show all keys",
    ),
    # Lists and pages
    *_moves("list"),
    *_moves("page"),
    Action(
        id="choose",
        keys=("enter",),
        footer="",
        place="list",
        help="Open: a group's tasks, a task's form, a change",
        palette=False,
    ),
    Action(
        id="fold",
        keys=("left",),
        footer="",
        place="tree",
        help="Fold a group's folders away",
        palette=False,
    ),
    Action(
        id="unfold", keys=("right",), footer="", place="tree", help="Show a group's folders", palette=False
    ),
)

HEADINGS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Main screen", ("main",)),
    ("Replicate screen", ("preview",)),
    ("Agenda", ("agenda",)),
    ("Everywhere", ("app",)),
    ("Lists and pages", ("list", "tree")),
)
"""The sections of the help and of docs/keys.md. Pages use the keys of lists."""

FIXED: tuple[tuple[str, str], ...] = (
    ("tab shift+tab", "Next or previous part of the screen, or field of a form"),
    ("enter ctrl+s", "In a form: save"),
    ("esc", "In a form or a dialog: leave without doing anything"),
)
"""Keys that Textual and the dialogs bring along, for help and docs."""


def of(place: Place) -> tuple[Action, ...]:
    """The actions of one place."""
    return tuple(action for action in ACTIONS if action.place == place)


def bindings(place: Place) -> list[BindingType]:
    """The bindings of one place, for a class's BINDINGS."""
    return [Binding(key, action.id, action.help, show=False) for action in of(place) for key in action.keys]


def footer_actions(place: Place, context: Context) -> tuple[Action, ...]:
    """What the footer shows there, in order: the place's own, then the app's."""
    return tuple(action for action in (*of(place), *of("app")) if context in action.contexts)
