"""`atsn serve`: the service in the foreground."""

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "serve", json=False)
async def run_service(call: Call) -> None:
    """Run the node in the foreground: tasks, replication and SSH server.

    Prints one line when it is ready. Ends on Ctrl-C or SIGTERM.
    """
    from atsn_tui.cli.text.clean import clean
    from atsn_tui.service.daemon import serve

    def ready(name: str, address: str | None) -> None:
        what = f"listens on {address}" if address else "is running; it opens no port"
        print(clean(f"{name} {what}"), flush=True)

    await serve(call.home(), call.actor(), ready, call.passwords())
