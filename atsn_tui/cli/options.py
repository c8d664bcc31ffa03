"""Options and arguments that several verbs share."""

from typing import Annotated

import typer

HomeOption = Annotated[
    str | None,
    typer.Option("--home", metavar="DIR", help="The node's directory, instead of ATSN_HOME or the default."),
]
PasswordFileOption = Annotated[
    str | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Where the password of an encrypted node stands; before the command.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer with one JSON document; errors are JSON on stderr.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="A group's name or id.")]
OptionalGroup = Annotated[
    str | None, typer.Argument(metavar="GROUP", help="A group's name or id; all groups without it.")
]
WhichArgument = Annotated[
    str, typer.Argument(metavar="TASK", help="GROUP/FOLDER/NAME, or the beginning of its id.")
]
WhichArguments = Annotated[
    list[str],
    typer.Argument(
        metavar="TASK", help="GROUP/FOLDER/NAME, or the beginning of its id; several may be given."
    ),
]
ManyArguments = Annotated[
    list[str],
    typer.Argument(
        metavar="TASK|GROUP",
        help="GROUP/FOLDER/NAME or the beginning of an id; GROUP or GROUP/FOLDER: all in it; several may be given.",
    ),
]
HeldArgument = Annotated[
    str | None,
    typer.Argument(metavar="TASK|GROUP", help="A task, or a group's name or id; the whole node without it."),
]
PeerArgument = Annotated[str, typer.Argument(metavar="PEER", help="A peer's name.")]
PeerOption = Annotated[
    list[str] | None, typer.Option("--peer", "-p", metavar="PEER", help="Only this peer; may be repeated.")
]
LinkArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="LINK|GROUP PEER", help="A link's id, or its beginning; or its group and its peer."
    ),
]
PairsArgument = Annotated[
    list[str], typer.Argument(metavar="KEY=VALUE", help="What to change; several may be given.")
]
OptionalPairs = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="What to change; several may be given.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other field; may be repeated.")
]
CommandOption = Annotated[
    str | None, typer.Option("--command", "-c", metavar="LINE", help="What it runs: a line for the shell.")
]
SchedulesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--schedule", "-s", metavar="WHEN", help="Such as '0 3 * * *' or 'every 15m'; may be repeated."
    ),
]
FolderOption = Annotated[
    str | None, typer.Option("--folder", "-f", metavar="PATH", help="Such as databases/nightly.")
]
OwnCrontabOption = Annotated[bool, typer.Option("--crontab", help="Your own crontab, through crontab(1).")]
UserCrontabsOption = Annotated[
    list[str] | None,
    typer.Option("--user", metavar="NAME", help="The crontab of that user; may be repeated."),
]
