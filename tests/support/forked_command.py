"""Runs a command `python -m webapp …` to its end in a forked process (`forked_process`)."""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.forked_process import ForkedProcess
from tests.support.forked_program import Streams


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
        streams = Streams(*(Path(files, name) for name in ("output", "errors", "input")))
        streams.input.write_text(typed, "utf-8")
        process = ForkedProcess(
            ["webapp", *arguments], environment=environment, folder=folder, streams=streams
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        output, errors = (each.read_text("utf-8") for each in (streams.output, streams.errors))
        return subprocess.CompletedProcess(list(arguments), code, output, errors)
