"""Runs one server under gunicorn on a free port; fixtures for import."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

import httpx
import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation

__all__ = ["installed", "serving"]

#: A gateway address that refuses connections: these tests do not call the gateway.
UNREACHABLE_URL = "http://127.0.0.1:1"
GUNICORN = ["-m", "gunicorn", "wsgi:app"]
SERVE = ["-m", "webapp", "serve"]


class GunicornServer:
    """One server on a free port, until the end of the block."""

    def __init__(
        self, environ: dict[str, str], command: list[str], folder: Path, log: Path
    ) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command, "--bind", f"127.0.0.1:{self.address[1]}"],
                cwd=folder,
                env=environ,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> "GunicornServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def status(self, path: str, seconds: float = 10) -> int:
        address = "http://{}:{}".format(*self.address)
        try:
            return httpx.get(f"{address}{path}", timeout=seconds, trust_env=False).status_code
        except httpx.TransportError:
            return 0

    def ready(self) -> "GunicornServer":
        eventually(lambda: self.status("/readyz") == 200, seconds=60)
        return self


Serving = Callable[..., GunicornServer]


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    return Installation(tmp_path, UNREACHABLE_URL, WEB_CONCURRENCY="1")


@pytest.fixture
def serving(installed: Installation, root: Path) -> Iterator[Serving]:
    """Return a function that starts a server: command, changed environment (None removes)."""
    with ExitStack() as running:

        def start(command: list[str], folder: Path = root, **changes: str | None) -> GunicornServer:
            changed = {**installed.process_environment(), **changes}
            environ = {name: value for name, value in changed.items() if value is not None}
            log = installed.folder / "server.log"
            return running.enter_context(GunicornServer(environ, command, folder, log))

        yield start
