"""Runs `python -m webapp …` in a process forked from one that has imported it.

Importing takes a second of processor time, and a run of all tests starts over a hundred commands.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["webapp.cli.main"])


def run_command(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    typed: str = "",
    seconds: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder` with this environment only; `typed` is its standard input.

    Raises subprocess.TimeoutExpired after `seconds`.
    """
    with tempfile.TemporaryDirectory() as files:
        streams = [Path(files, name) for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(typed, "utf-8")
        child = _CONTEXT.Process(
            target=_run, args=(list(arguments), dict(environment), folder, streams)
        )
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(list(arguments), seconds)
        output, errors = (each.read_text("utf-8") for each in streams[1:])
        return subprocess.CompletedProcess(list(arguments), child.exitcode, output, errors)


def _run(
    arguments: list[str], environment: dict[str, str], folder: Path, streams: list[Path]
) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, (path, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with path.open(mode) as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    from webapp.cli.main import main

    try:
        main.main(arguments, prog_name="python -m webapp")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
