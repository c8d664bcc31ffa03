"""Every action of the console, declared once.

Bindings, footer, help, palette and docs/keys.md are made from these declarations. An action `x`
of a place is the method `action_x` of that place's class.
"""

from textual.binding import Binding, BindingType

from atsn_tui.console.action import Action, Context, Place

_ALL: tuple[Context, ...] = ("group", "folder", "task", "peer", "link", "empty", "history")
_THINGS: tuple[Context, ...] = ("group", "folder", "task", "peer", "link")
_TASKS: tuple[Context, ...] = ("group", "folder", "task")


def _moves(place: Place) -> tuple[Action, ...]:
    return tuple(
        Action(place, name, keys, "", text, palette=False)
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
        "main",
        "replicate",
        ("r",),
        "Replicate",
        "Preview the replication of the group, peer or link",
        _THINGS,
    ),
    Action("main", "replicate_all", ("R",), "All", "Preview the replication of all groups", ("group",)),
    Action("main", "agenda", ("a",), "Agenda", "Show what ran, what failed and what comes next", _TASKS),
    Action("main", "review", ("w",), "Waiting", "Open what is held or waits for your yes"),
    Action("main", "new_task", ("n",), "New", "Add a task to the selected group", _TASKS),
    Action("main", "edit", ("e",), "Edit", "Edit the selected task, group, peer or link", _THINGS),
    Action(
        "main", "switch", ("space",), "On/off", "Switch the tasks or the link on or off", ("task", "link")
    ),
    Action("main", "run_now", ("x",), "Run", "Run the task now", ("task",)),
    Action("main", "stop_run", ("X",), "Stop", "Stop the run that is under way"),
    Action("main", "hold", ("h",), "Hold", "Hold the task or group, or release it", ("task",)),
    Action("main", "hold_node", ("H",), "Hold node", "Hold everything on this node, or release it"),
    Action("main", "filter", ("slash",), "Filter", "Show only the tasks that contain a text", _TASKS),
    Action(
        "main", "delete", ("d", "delete"), "Delete", "Delete the tasks, or the group, peer or link", _THINGS
    ),
    Action("main", "test_peer", ("t",), "Test", "Test the connection to the peer, step by step", ("peer",)),
    Action("main", "why", ("o",), "Why not?", "Say why the task does or does not run", ("task",)),
    Action(
        "main", "mark", ("v",), "Mark", "Mark the task: on/off, run, hold, delete take all marked", ("task",)
    ),
    Action("main", "mark_all", ("V",), "Mark all", "Mark all tasks that are shown, or none"),
    Action("main", "show_details", ("1",), "Details", "Show the details of what is selected"),
    Action("main", "show_runs", ("2",), "Runs", "Show its latest runs, and what did not run"),
    Action("main", "show_output", ("3",), "Output", "Show what its latest run prints"),
    Action("main", "show_history", ("4",), "History", "Show what was changed in it; again: go into the list"),
    Action("main", "undo", ("u",), "Undo", "Undo in the group, back to before the change", ("history",)),
    Action("main", "add", ("plus",), "Add", "Add a task, group, link or peer, or import a file", _THINGS),
    Action("main", "new_group", ("N",), "New group", "Create a group", ("empty",)),
    Action("main", "new_link", ("l",), "New link", "Link a group with a peer, to replicate it"),
    Action("main", "new_peer", ("p",), "New peer", "Connect a peer", ("empty",)),
    Action("main", "invite", ("P",), "Invite", "Invite a node: get one line that it joins with", ("peer",)),
    Action("main", "join", ("J",), "Join", "Join a node with the line of its invite", ("peer", "empty")),
    Action("main", "access", ("A",), "Access", "Show which peer may do what here, and who was refused"),
    Action(
        "main", "import_file", ("i",), "Import", "Import a crontab or a snapshot, after a preview", ("empty",)
    ),
    Action("main", "release", ("K",), "Keep here", "Stop following the peer that keeps the group"),
    Action("main", "copy", ("y",), "Copy", "Copy what is shown below the list to the clipboard"),
    Action("main", "clear", ("escape",), "Back", "End the message, the filter or the marks", palette=False),
    # The replicate screen
    Action("preview", "apply", ("a",), "Apply", "Apply exactly the changes on the screen", ("preview",)),
    Action(
        "preview", "skip", ("space",), "Skip peer", "Leave the peer out, or take it in again", ("preview",)
    ),
    Action("preview", "mode", ("m",), "Mode", "Preview in the other mode, easy or strict", ("preview",)),
    Action(
        "preview",
        "open",
        ("enter",),
        "Open",
        "Show the change, or the link with its error, in full",
        ("preview", "done"),
    ),
    Action("preview", "again", ("r",), "Look again", "Compare anew", ("done",)),
    Action("preview", "copy", ("y",), "Copy", "Copy the change to the clipboard"),
    Action(
        "preview",
        "leave",
        ("escape",),
        "Cancel",
        "Stop what is under way, or go back",
        ("preview", "busy", "done"),
    ),
    # The agenda
    Action("agenda", "open", ("enter",), "Open", "Go to the task, or to the run and its output", ("agenda",)),
    Action(
        "agenda",
        "trouble",
        ("f",),
        "Failure",
        "To the latest failure, or stretch without a service",
        ("agenda",),
    ),
    Action("agenda", "later_trouble", ("F",), "Later failure", "The same, downwards"),
    Action(
        "agenda",
        "next_together",
        ("c",),
        "Collision",
        "To the next minute in which several tasks begin",
        ("agenda",),
    ),
    Action("agenda", "now", ("n",), "Now", "To the line between past and future", ("agenda",)),
    Action("agenda", "span", ("w",), "Hours", "Look 24, 72, 168 or 6 hours back and ahead", ("agenda",)),
    Action(
        "agenda", "one_group", ("a",), "Group", "Show only the group of the line, or all groups", ("agenda",)
    ),
    Action("agenda", "copy", ("y",), "Copy", "Copy the agenda to the clipboard"),
    Action("agenda", "leave", ("escape",), "Back", "Go back to the main screen", ("agenda",)),
    # Everywhere
    Action("app", "identity", ("I",), "This node", "Show this node's key, and how a peer adds it"),
    Action("app", "doctor", ("D",), "Doctor", "Look for what keeps this node from its work"),
    Action("app", "audit", ("L",), "Log", "Show who changed what on this node"),
    Action("app", "messages", ("exclamation_mark",), "Messages", "Read the latest messages and errors again"),
    Action("app", "theme", ("T",), "Theme", "Switch to the next theme"),
    Action(
        "app", "command_palette", ("ctrl+p",), "Palette", "Find any of these commands by name", palette=False
    ),
    Action("app", "quit", ("q", "ctrl+q"), "Quit", "Leave the console; a running service goes on", _ALL),
    Action(
        "app",
        "help",
        ("question_mark", "f1"),
        "Help",
        "Show all keys",
        (*_ALL, "preview", "done", "busy", "agenda"),
    ),
    # Lists and pages
    *_moves("list"),
    *_moves("page"),
    Action("list", "choose", ("enter",), "", "Open: a group's tasks, a task's form, a change", palette=False),
    Action("tree", "fold", ("left",), "", "Fold a group's folders away", palette=False),
    Action("tree", "unfold", ("right",), "", "Show a group's folders", palette=False),
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
    ("enter y", "In a question: yes, do it"),
    ("esc", "In a form or a dialog: leave without doing anything"),
    ("ctrl+c", "Copy what is marked, or say how to leave"),
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
