"""Run programs as child processes: start, wait until ready, watch and stop them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from mobbscan_sandbox.demo import exit_with_parent
from mobbscan_sandbox.demo.errors import ProgramNotReady, ProgramStopped
from mobbscan_sandbox.demo.program_output import Terminal, copy_lines
from mobbscan_sandbox.demo.programs import Program

CHECKOUT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 5.0


class ChildProcess:
    """One program in its own process group, so that Ctrl-C reaches the parent only.

    It ends when the thread that started it ends (`exit_with_parent`).
    """

    def __init__(self, program: Program, log: Path, terminal: Terminal) -> None:
        self.program = program
        self.log = log
        self._terminal = terminal
        self._log_starts_at = 0
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    @property
    def pid(self) -> int:
        """The process id; the process must have been started."""
        assert self._process is not None, "not started"  # noqa: S101
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.log.touch(mode=0o600)
        self._log_starts_at = self.log.stat().st_size
        self._process = self._open_process()
        self._readers = [
            copy_lines(
                stream, self.log, self._terminal.line_printer(self.program.name, unmarked=unmarked)
            )
            for stream, unmarked in ((self._process.stdout, False), (self._process.stderr, True))
            if stream is not None
        ]

    def _open_process(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own modules with our own options
            (
                sys.executable,
                "-I",
                "-S",
                exit_with_parent.__file__,
                str(os.getpid()),
                *self.program.command(),
            ),
            cwd=CHECKOUT,
            env=dict(self.program.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            errors="replace",
        )

    def raise_if_dead(self) -> None:
        """Raise `ProgramStopped` with the last log lines if the process has ended."""
        code = self._process.poll() if self._process else None
        if code is None:
            return
        self._join_readers()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        error = ProgramStopped(self.program.name, how, self.log)
        error.add_note(f"Last log lines:\n{self.last_lines()}")
        raise error

    def is_ready(self, client: httpx.Client) -> bool:
        with suppress(httpx.HTTPError):
            return client.get(self.program.ready_url).status_code < 500
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its children."""
        if self.running:
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; returns False if the process still runs after `seconds`."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill_group(self) -> None:
        """Kill the rest of the process group and read its last lines."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._join_readers()
        self._process = None

    def _join_readers(self) -> None:
        for reader in self._readers:
            reader.join(1)

    def output(self) -> str:
        """Return the output since the last start."""
        with self.log.open(encoding="utf-8", errors="replace") as file:
            file.seek(self._log_starts_at)
            return file.read()

    def last_lines(self, lines: int = 15) -> str:
        return "\n".join(self.output().splitlines()[-lines:])


class ChildProcesses:
    """Several child processes; leaving the context stops all of them."""

    def __init__(self, children: Iterable[ChildProcess]) -> None:
        self.by_name: Mapping[str, ChildProcess] = {child.program.name: child for child in children}

    def __enter__(self) -> "ChildProcesses":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *names: str) -> None:
        for name in names or self.by_name:
            self.by_name[name].start()

    def wait_until_ready(
        self, *names: str, seconds: float = 60, canceled: Callable[[], bool] = lambda: False
    ) -> None:
        """Return when all are ready or `canceled`; raises `ProgramStopped`, `ProgramNotReady`."""
        deadline = time.monotonic() + seconds
        waiting = [self.by_name[name] for name in names or self.by_name]
        with httpx.Client(trust_env=False, timeout=2) as client:
            while waiting and not canceled():
                for child in waiting:
                    child.raise_if_dead()
                waiting = [child for child in waiting if not child.is_ready(client)]
                if waiting and time.monotonic() > deadline:
                    late = waiting[0].program
                    raise ProgramNotReady(late.name, late.ready_url, seconds)
                if waiting:
                    time.sleep(0.05)

    def watch(self, until: threading.Event) -> None:
        """Return when `until` is set; raises `ProgramStopped` when a process ends before."""
        while not until.wait(0.2):
            for child in self.by_name.values():
                child.raise_if_dead()

    def stop(self, *names: str, seconds: float = STOP_SECONDS) -> None:
        """Send SIGTERM to all, wait `seconds` in total, then kill."""
        stopping = [self.by_name[name] for name in names or self.by_name]
        for child in stopping:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for child in stopping:
            child.wait(max(0.0, deadline - time.monotonic()))
            child.kill_group()
