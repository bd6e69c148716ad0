"""Serves the lab to the browser on this machine, and to nobody else."""

import errno
import html
import json
import os
import socketserver
import webbrowser
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Annotated

import tyro

from common import status
from common.errors import UserError, one_line
from common.runs.progress import say
from common.settings import command_line, require
from lab.follow import Followed

PAGE = Path(__file__).parent / "lab.html"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Config:
    """What to show, and where."""

    run: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="RUN")] = None
    """Folder of a run to follow, also of one that trains now; it is only read."""

    port: int = 0
    """Port of the page's address, 1 to 65535; 0 for one that is free."""

    browser: bool = True
    """Whether to open the page in the browser."""

    def __post_init__(self):
        require(0 <= self.port < 2**16, "port", self.port, "from 0 to 65535")


class Server(socketserver.ThreadingTCPServer):
    """Answers each request in a thread of its own.

    Args:
        port: see Config.
        page: the page, bytes.
        followed: the run that the page follows, or None.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere two processes would share the port

    def __init__(self, port: int, page: bytes, followed: Followed | None = None):
        self.page, self.followed = page, followed
        super().__init__((HOST, port), Handler)

    @property
    def url(self) -> str:
        """The page's address."""
        tab = "#tab=follow" if self.followed else ""
        return f"http://{HOST}:{self.server_address[1]}/{tab}"


class Handler(BaseHTTPRequestHandler):
    """Answers with the page, the run's state, or one of its pictures."""

    server: Server

    def do_GET(self):
        path, followed = self.path.partition("?")[0], self.server.followed
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            # A page from elsewhere whose name leads here, to read what is for this machine alone.
            self.answer(HTTPStatus.FORBIDDEN)
        elif path in ("/", "/lab.html"):
            self.answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        elif followed and path == "/run.json":
            content = json.dumps(followed.state()).encode()
            self.answer(HTTPStatus.OK, "application/json", content)
        elif followed and (content := followed.picture(path.removeprefix("/run/"))) is not None:
            self.answer(HTTPStatus.OK, "image/png", content)
        else:
            self.answer(HTTPStatus.NOT_FOUND)

    def answer(self, answer, kind="text/plain", content=b""):
        """Send a status and what goes with it, which the browser is to ask for anew each time."""
        self.send_response(answer)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        """Nothing: the terminal is for the user."""


def create(config: Config) -> Server:
    """Return the server that a Config asks for; its serve_forever() answers.

    Raises:
        UserError: there is no page or no such run, or the port is taken.
    """
    if not PAGE.is_file():
        raise UserError(f"{PAGE} does not exist; restore it from this project's repository")
    page, followed = PAGE.read_bytes(), None
    if config.run is not None:
        followed = Followed(config.run)
        # So that a page that nobody serves asks for no run.
        mark = f'<meta name="run" content="{html.escape(str(config.run))}">\n<title>'
        page = page.replace(b"<title>", mark.encode(), 1)
    try:
        return Server(config.port, page, followed)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be used: {one_line(error)}"
        raise UserError(f"port {config.port} {why}; name another --port, or none") from error


def show(config: Config) -> None:
    """Serve the page and open it, until Ctrl-C."""
    with create(config) as server:
        say(f"The lab: {server.url} (Ctrl-C ends it)")
        if config.browser:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")  # behind the terminal's ^C


def main(argv=None):
    """The command line; returns its exit status."""
    line = "Show the lab in the browser; with a RUN also that run, while it trains."
    return status.run(lambda: show(command_line("python -m lab", Config, line, argv)))
