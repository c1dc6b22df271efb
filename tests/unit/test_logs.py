"""Every line of the log is JSON, and no error in it says what it was about."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from gunicorn.errors import HaltServer
from gunicorn.http.errors import InvalidHeader

from webapp import logs

MARKER = "ada-marker"


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Set the logs up, and give back what has been said since."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up("INFO")
    (ours,) = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(io.StringIO())
    yield lambda: [json.loads(line) for line in ours.stream.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level


def wrong(about: str) -> None:
    local = about  # locals must not be shown either
    try:
        raise KeyError(local)
    except KeyError as cause:
        raise ValueError(f"wrong: {local}") from cause


@pytest.mark.parametrize("named", ["ours", "gunicorn.error"])
def test_an_error_is_told_by_its_kinds_and_places(said, named):
    try:
        wrong(MARKER)
    except ValueError:
        logging.getLogger(named).exception(
            "Something failed: %s", "1" if named == "ours" else MARKER
        )
    (line,) = said()
    assert [each["kind"] for each in line["exception"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "test_logs.py" in line["exception"][0]["places"][0]
    assert MARKER not in str(line)


def test_of_a_request_that_nobody_understands_the_kind_is_told(said):
    try:
        raise InvalidHeader(MARKER)
    except InvalidHeader as wrong:
        logging.getLogger("gunicorn.error").warning(f"Invalid request from ip=1.2.3.4: {wrong}")  # noqa: G004
    (line,) = said()
    assert (line["event"], line["error"]) == ("request_not_understood", "InvalidHeader")
    assert MARKER not in str(line)
    assert "1.2.3.4" not in str(line)


def test_what_gunicorn_says_without_an_error_stays(said):
    logging.getLogger("gunicorn.error").info("Booting worker with pid: %s", 7)
    (line,) = said()
    assert line["event"] == "Booting worker with pid: 7"


@pytest.mark.parametrize(
    ("ending", "words", "value"),
    [
        (SystemExit(0), "Worker exiting (pid: %s)", "7"),
        (StopIteration(), "Worker (pid:%s) exited with code 1.", "7"),
        (HaltServer("failed", 3), "Reason: %s", "Worker failed to boot."),
    ],
)
def test_what_gunicorn_says_while_it_ends_is_whole(said, ending, words, value):
    try:
        raise ending
    except BaseException:  # noqa: BLE001 - as gunicorn does
        logging.getLogger("gunicorn.error").info(words, value)
    (line,) = said()
    assert line["event"] == words % value
    assert "error" not in line


def test_what_gunicorn_says_of_an_ending_with_an_error_stays_short(said):
    try:
        wrong(MARKER)
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Worker exception: %s", MARKER)
        logging.getLogger("gunicorn.error").warning("Exception during worker exit:\n%s", MARKER)
    first, second = said()
    assert (first["event"], second["event"]) == ("Worker exception", "Exception during worker exit")
    assert MARKER not in str([first, second])


def test_the_job_library_speaks_as_we_do_and_in_one_line():
    program = f"""
import logging
from webapp import logs
logs.set_up("INFO")
import dbos
from dbos._logger import init_logger
init_logger()
log = logging.getLogger("dbos")
try:
    raise ValueError("{MARKER}")
except ValueError:
    log.error("it failed\\n[parameters: {MARKER}]", exc_info=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert line["event"] == "it failed"
    assert MARKER not in done.stderr


def test_a_line_said_quickly_is_like_every_other(said):
    words = {"method": "POST", "status": 204}
    structlog.get_logger("web").info("request", **words)
    logs.say_quickly("web", "request", **words)
    slowly, quickly = said()
    for line in (slowly, quickly):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    assert slowly == quickly


def test_nothing_is_said_below_the_level(said):
    logging.getLogger().setLevel("WARNING")
    logs.say_quickly("web", "request")
    assert said() == []


def test_lines_of_many_threads_are_whole(tmp_path):
    program = """
import threading
from webapp import logs
logs.set_up("INFO")
def talk(number):
    for _ in range(50):
        logs.say_quickly("web", "request", number=number, words="x" * 500)
threads = [threading.Thread(target=talk, args=(n,)) for n in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
"""
    with (tmp_path / "log").open("wb") as log:
        subprocess.run([sys.executable, "-c", program], stderr=log, check=True, timeout=60)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == 400
