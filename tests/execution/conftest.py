"""Servers to which tasks send requests and mails."""

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class Letters:
    """Keeps what an SMTP server is given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """One message."""
        self.texts.append(envelope.content.decode())
        return "250 taken"


class Asked(http.server.BaseHTTPRequestHandler):
    """Answers every request, and keeps it."""

    requests: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        """One request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.requests.append((self.path, self.headers.get("X-Task", ""), body))
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        if self.path == "/echo":
            self.wfile.write(str(self.headers).encode())
        else:
            self.wfile.write(b"the answer is s3cret")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def web() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    handler = type("Handler", (Asked,), {"requests": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.requests  # type: ignore[attr-defined]
    server.shutdown()


@pytest.fixture
def smtp() -> Iterator[tuple[int, list[str]]]:
    letters = Letters()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, letters.texts
    controller.stop()
