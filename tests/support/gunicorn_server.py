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
from tests.support.forked_process import start_forked
from tests.unit.cli.installation import Installation

__all__ = ["installed", "serving"]

#: A gateway address that refuses connections: these tests do not call the gateway.
UNREACHABLE_URL = "http://127.0.0.1:1"
GUNICORN = ["-m", "gunicorn", "wsgi:app"]
SERVE = ["-m", "webapp", "serve"]


class GunicornServer:
    """One server on a free port, until the end of the block.

    It is forked (`forked_process`); `executed` starts Python with the command, as operators do.
    """

    def __init__(
        self,
        environ: dict[str, str],
        command: list[str],
        folder: Path,
        log: Path,
        *,
        executed: bool = False,
    ) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()
        self._log = log
        start = _execute if executed else start_forked
        self.process = start(
            [*command, "--bind", f"127.0.0.1:{self.address[1]}"], environ, folder, log
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
            return httpx.get(
                f"{address}{path}", timeout=seconds, trust_env=False, verify=False
            ).status_code
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

        def start(
            command: list[str],
            folder: Path = root,
            *,
            executed: bool = False,
            **changes: str | None,
        ) -> GunicornServer:
            changed = {**installed.process_environment(), **changes}
            environ = {name: value for name, value in changed.items() if value is not None}
            log = installed.folder / "server.log"
            served = GunicornServer(environ, command, folder, log, executed=executed)
            return running.enter_context(served)

        yield start


def _execute(
    command: list[str], environ: dict[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environ, stdout=output, stderr=output
        )
