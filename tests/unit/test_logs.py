"""JSON logs, which must hold no message of an error."""

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
def logged_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Set up logging; return a function that reads the lines written since."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up("INFO")
    (ours,) = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(io.StringIO())
    yield lambda: [json.loads(line) for line in ours.stream.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level


def fail(about: str) -> None:
    local = about  # locals must not be shown either
    try:
        raise KeyError(local)
    except KeyError as cause:
        raise ValueError(f"wrong: {local}") from cause


@pytest.mark.parametrize("named", ["ours", "gunicorn.error"])
def test_log_of_an_exception_holds_classes_and_lines_but_no_message(logged_lines, named):
    try:
        fail(MARKER)
    except ValueError:
        logging.getLogger(named).exception(
            "Something failed: %s", "1" if named == "ours" else MARKER
        )
    (line,) = logged_lines()
    assert [each["kind"] for each in line["exception"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "test_logs.py" in line["exception"][0]["places"][0]
    assert MARKER not in str(line)


def test_log_of_an_invalid_request_holds_its_class_but_no_content(logged_lines):
    try:
        raise InvalidHeader(MARKER)
    except InvalidHeader as wrong:
        logging.getLogger("gunicorn.error").warning(f"Invalid request from ip=1.2.3.4: {wrong}")  # noqa: G004
    (line,) = logged_lines()
    assert (line["event"], line["error"]) == ("request_not_understood", "InvalidHeader")
    assert MARKER not in str(line)
    assert "1.2.3.4" not in str(line)


def test_gunicorn_log_without_an_exception_is_unchanged(logged_lines):
    logging.getLogger("gunicorn.error").info("Booting worker with pid: %s", 7)
    (line,) = logged_lines()
    assert line["event"] == "Booting worker with pid: 7"


@pytest.mark.parametrize(
    ("ending", "words", "value"),
    [
        (SystemExit(0), "Worker exiting (pid: %s)", "7"),
        (StopIteration(), "Worker (pid:%s) exited with code 1.", "7"),
        (HaltServer("failed", 3), "Reason: %s", "Worker failed to boot."),
    ],
)
def test_gunicorn_log_of_a_process_exit_is_complete(logged_lines, ending, words, value):
    try:
        raise ending
    except BaseException:  # noqa: BLE001 - as gunicorn does
        logging.getLogger("gunicorn.error").info(words, value)
    (line,) = logged_lines()
    assert line["event"] == words % value
    assert "error" not in line


def test_gunicorn_log_of_a_worker_exception_holds_no_message(logged_lines):
    try:
        fail(MARKER)
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Worker exception: %s", MARKER)
        logging.getLogger("gunicorn.error").warning("Exception during worker exit:\n%s", MARKER)
    first, second = logged_lines()
    assert (first["event"], second["event"]) == ("Worker exception", "Exception during worker exit")
    assert MARKER not in str([first, second])


def test_job_library_log_is_one_json_line_without_values():
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


def test_log_info_fast_writes_the_same_line_as_structlog(logged_lines):
    words = {"method": "POST", "status": 204}
    structlog.get_logger("web").info("request", **words)
    logs.log_info_fast("web", "request", **words)
    slowly, quickly = logged_lines()
    for line in (slowly, quickly):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    assert slowly == quickly


def test_log_info_fast_below_the_level_writes_nothing(logged_lines):
    logging.getLogger().setLevel("WARNING")
    logs.log_info_fast("web", "request")
    assert logged_lines() == []


def test_log_lines_of_concurrent_threads_are_not_interleaved(tmp_path):
    program = """
import threading
from webapp import logs
logs.set_up("INFO")
def talk(number):
    for _ in range(50):
        logs.log_info_fast("web", "request", number=number, words="x" * 500)
threads = [threading.Thread(target=talk, args=(n,)) for n in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
"""
    with (tmp_path / "log").open("wb") as log:
        subprocess.run([sys.executable, "-c", program], stderr=log, check=True, timeout=60)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == 400
