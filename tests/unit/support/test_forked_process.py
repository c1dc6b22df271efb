"""Forked programs behave as programs that Python's command line starts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.forked_process import ForkedProcess
from tests.support.forked_program import Streams

START_AND_KILL_PARENT = """
import os, signal, sys
from pathlib import Path
from tests.support.forked_process import ForkedProcess
from tests.support.forked_program import Streams
log = Path(sys.argv[1])
program = "import signal; print('ready', flush=True); signal.pause()"
environment, folder = dict(os.environ), Path.cwd()
child = ForkedProcess(
    ["-c", program], environment=environment, folder=folder, streams=Streams(log, log)
)
while not log.exists() or not log.read_text():
    pass
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
DESCRIBE = """
import json, os, sys, threading
print(json.dumps({
    "argv": sys.argv, "environ": dict(os.environ), "folder": os.getcwd(),
    "session": os.getsid(0), "pid": os.getpid(), "threads": threading.active_count(),
    "files": sorted(os.listdir("/proc/self/fd"))[:4], "typed": sys.stdin.read(),
    "loaded": [name for name in ("webapp.wiring", "prometheus_client") if name in sys.modules],
    "command": open("/proc/self/cmdline").read().rstrip(chr(0)).split(chr(0)),
}))
"""
Start = Callable[..., ForkedProcess]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that runs a Python program; its output is in `tmp_path`."""

    def forked(program: str, *arguments: str, **environment: str) -> ForkedProcess:
        typed = tmp_path / "typed"
        typed.write_text("typed text")
        streams = Streams(tmp_path / "output", tmp_path / "errors", typed)
        return ForkedProcess(
            ["-c", program, *arguments], environment=environment, folder=tmp_path, streams=streams
        )

    return forked


def test_process_has_own_session_arguments_environment_and_files(
    start: Start, tmp_path: Path
) -> None:
    process = start(DESCRIBE, "--bind", "x", NAME="value")
    assert process.wait(30) == 0, (tmp_path / "errors").read_text()
    seen = json.loads((tmp_path / "output").read_text())
    assert seen["argv"] == ["-c", "--bind", "x"]
    assert seen["environ"] == {"NAME": "value"}
    assert seen["folder"] == str(tmp_path)
    assert seen["pid"] == seen["session"] == process.pid
    assert seen["files"] == ["0", "1", "2", "3"]  # 3 lists the folder
    assert seen["threads"] == 1
    assert seen["typed"] == "typed text"


def test_process_has_imported_the_project_without_the_metrics_library(
    start: Start, tmp_path: Path
) -> None:
    start(DESCRIBE).wait(30)
    seen = json.loads((tmp_path / "output").read_text())
    assert seen["loaded"] == ["webapp.wiring"]


def test_command_line_shows_the_program(start: Start) -> None:
    process = start("import signal; signal.pause()")
    line = Path(f"/proc/{process.pid}/cmdline")
    eventually(lambda: line.read_bytes().startswith(f"{sys.executable}\0-c\0import".encode()))
    process.kill()
    assert process.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("program", "code", "printed"),
    [
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(7)", 7, ""),
        ("raise SystemExit('what is wrong')", 1, "what is wrong\n"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
        ("import atexit, sys; atexit.register(print, 'end', file=sys.stderr)", 0, "end\n"),
        ("import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'exit(5)'])", 5, ""),
    ],
)
def test_exit_code_is_that_of_the_program(
    start: Start, tmp_path: Path, program: str, code: int, printed: str
) -> None:
    assert start(program).wait(30) == code
    errors = (tmp_path / "errors").read_text()
    assert printed in errors if printed else not errors


def test_wait_for_a_running_process_times_out(start: Start) -> None:
    process = start("import signal; signal.pause()")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    assert process.poll() is None
    process.kill()
    process.wait(30)


def test_process_ends_with_the_test_process(tmp_path: Path, root: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", START_AND_KILL_PARENT, str(tmp_path / "log")],
        cwd=root,
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    eventually(lambda: not Path(f"/proc/{int(killed.stdout)}").exists())
