"""Runs `python -m …` in a process forked from one that has imported the project.

Importing takes one to two seconds of processor time, and a run of all tests starts several hundred
programs. The process is a real one: it has its own id, session and environment, receives signals,
and executes Python itself where the program does. Tests of the start itself use `subprocess`.
"""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.forked_program import Streams, run

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.preloaded_modules"])


class ForkedProcess:
    """The process, with the methods of `subprocess.Popen` that tests use.

    `arguments` are those after `python -m`, or `-c` and a program. The process ends with SIGTERM
    when the test process ends.
    """

    #: The output goes to files.
    stdout = stderr = None

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        streams: Streams,
    ) -> None:
        for output in (streams.output, streams.errors):
            output.touch(mode=0o600)  # tests read them at once
        self._process = _CONTEXT.Process(
            target=run, args=(list(arguments), dict(environment), folder, streams), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the negative number of the signal that ended the process."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_forked(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> ForkedProcess:
    """Start `python` with these arguments, the first of which is `-m` or `-c`; output to `log`."""
    arguments = command[1:] if command[0] == "-m" else command
    streams = Streams(output=log, errors=log)
    return ForkedProcess(arguments, environment=environment, folder=folder, streams=streams)
