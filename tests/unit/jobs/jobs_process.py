"""Start `webapp worker` as a program, and stop it with any signal."""

import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType

from tests.support.forked_process import ForkedProcess, start_forked
from tests.unit.cli.installation import Installation

ROOT = Path(__file__).resolve().parents[3]
#: A worker that enqueues unfinished polls again after one second instead of 30.
SHORT_REENQUEUE = """
from webapp.cli.main import main
from webapp.jobs import queue
from webapp.jobs import process
queue.REENQUEUE_SECONDS = process.REENQUEUE_SECONDS = 1
main(["worker"])
"""


class Worker:
    def __init__(self, installation: Installation, program: str | None = None) -> None:
        self._installation = installation
        self._program = ["-c", program] if program else ["-m", "webapp", "worker"]
        self._log = installation.folder / "worker.log"
        self._process: ForkedProcess | None = None

    def __enter__(self) -> "Worker":
        environment = self._installation.process_environment()
        self._process = start_forked(self._program, environment, ROOT, self._log)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(signal.SIGTERM)

    def send_signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, what)

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    @property
    def log(self) -> str:
        return self._log.read_text()
