"""What a forked process does until its end: run a program as Python's command line does."""

import atexit
import ctypes
import gc
import io
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Streams:
    """Files of the standard streams; output is appended."""

    output: Path
    errors: Path
    input: Path = Path(os.devnull)


class _ForkingPopen(subprocess.Popen[Any]):
    """Forks the jobs process of `serve`, which else imports everything again."""

    def _execute_child(self, args: Any, *others: Any) -> None:
        if list(args)[:4] != [sys.executable, "-m", "webapp", "worker"]:
            super()._execute_child(args, *others)  # type: ignore[misc]
            return
        self.pid = os.fork()
        if self.pid == 0:
            _run_forked(list(args)[2:])
        self._child_created = True


def run(arguments: list[str], environment: dict[str, str], folder: Path, streams: Streams) -> None:
    """Make this forked process a new session with these streams, run the program, and end it."""
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    append = os.O_WRONLY | os.O_APPEND
    opened = ((streams.input, os.O_RDONLY), (streams.output, append), (streams.errors, append))
    for number, (path, flags) in enumerate(opened):
        os.dup2(os.open(path, flags), number)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), "utf-8")  # noqa: SIM115
    sys.stdout = _unbuffered(1, "strict")
    sys.stderr = _unbuffered(2, "backslashreplace")
    subprocess.Popen = _ForkingPopen  # type: ignore[misc]
    _run_forked(arguments)


def _unbuffered(number: int, errors: str) -> io.TextIOWrapper:
    raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(raw, "utf-8", errors, write_through=True)


def _run_forked(arguments: list[str]) -> None:
    """Run the program in this forked process, with the state of a new one, and end the process."""
    gc.freeze()  # inherited objects never close the file numbers that are freed here
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    resource_tracker._resource_tracker.__init__()  # type: ignore[misc] - it was closed too
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    option = [] if arguments[0] == "-c" else ["-m"]
    _show_as_command_line([sys.executable, *option, *arguments])
    status = _status_of(arguments)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    os._exit(status)


def _status_of(arguments: list[str]) -> int:
    """Run the program as Python's command line does; return the exit status."""
    sys.argv = list(arguments)
    try:
        if arguments[0] == "-c":
            sys.argv = ["-c", *arguments[2:]]
            exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
        else:
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the end of the process
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _show_as_command_line(words: Sequence[str]) -> None:
    """Show these words in /proc/PID/cmdline, as far as the space of the old ones lasts."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end of proc(5)
    line = "\0".join(words).encode()[: end - start - 1]
    ctypes.memmove(start, line.ljust(end - start, b"\0"), end - start)
