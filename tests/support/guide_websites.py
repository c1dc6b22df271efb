"""Runs the websites of docs/host-guide.md as programs, as a developer would."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.eventually import eventually

INHERITED = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Language:
    """How a program in this language is started; `needs` is a name in tests/conftest.py."""

    suffix: str
    command: tuple[str, ...]
    needs: str | None = None
    server: tuple[str, ...] = ()


PYTHON = Language(".py", (sys.executable,))
NODE = Language(".mjs", ("node",), "node")
PHP = Language(".php", ("php",), "php", ("-S", "127.0.0.1:{port}"))
LANGUAGES = {"python": PYTHON, "node": NODE, "php": PHP}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "PYTHONUNBUFFERED": "1", **settings}


def run_program(
    folder: Path, language: Language, name: str, text: str, settings: Mapping[str, str]
) -> str:
    """Run a program of the page to its end; return its output."""
    file = folder / f"{name}{language.suffix}"
    file.write_text(text, "utf-8")
    done = subprocess.run(
        [*language.command, str(file)],
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Website:
    """A running website of the page."""

    def __init__(
        self,
        folder: Path,
        language: Language,
        text: str,
        settings: Mapping[str, str],
        options: Sequence[str] = (),
    ) -> None:
        """Start the program `text` in `folder`; `options` are more arguments of its interpreter."""
        self.url = settings["WEBSITE_URL"]
        self.folder = folder
        file = folder / f"website{language.suffix}"
        file.write_text(text, "utf-8")
        server = [each.format(port=settings["PORT"]) for each in language.server]
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [*language.command, *server, *options, str(file)],
            cwd=folder,
            env=environment(settings),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> "Website":
        try:
            eventually(self._answers, seconds=60)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            return httpx.get(self.url, trust_env=False, timeout=5, verify=False).status_code == 200
        except httpx.TransportError:
            return False
