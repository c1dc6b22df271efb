"""Signals that come to processes at awkward moments."""

import json
import os
import signal
from pathlib import Path
from typing import Any

from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, Serving, installed, serving
from tests.support.server_processes import jobs_process_of
from tests.unit.cli.installation import Installation
from tests.unit.jobs.jobs_process import Worker

__all__ = ["installed", "serving"]

#: An application that is told to stop while it is still being loaded.
TOLD_AT_ONCE = """
import os, signal
os.kill(os.getpid(), signal.SIGTERM)
from wsgi import app
"""


def lines(log: str, event: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in told if line["event"] == event]


def test_a_web_worker_that_is_told_to_stop_while_it_starts_just_stops(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    (tmp_path / "told_at_once.py").write_text(TOLD_AT_ONCE)
    command = ["-m", "gunicorn", "told_at_once:app"]
    served = serving(command, PYTHONPATH=str(tmp_path))
    eventually(lambda: served.log.count("Worker exiting") > 1, seconds=60)
    assert "Exception in worker process" not in served.log
    assert "has no attribute" not in served.log


def test_a_worker_alone_begins_anew_with_the_settings_as_they_are_now(
    installed: Installation,
) -> None:
    installed.upgrade()
    sites = Path(installed.environ["SITES_FILE"])
    good = sites.read_text()
    with Worker(installed) as worker:
        eventually(lambda: lines(worker.log, "jobs_started"), seconds=60)
        sites.write_text(f"{good}bogus = 1\n")
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: "bogus" in str(lines(worker.log, "config_reload_rejected")), seconds=60)
        assert not lines(worker.log, "jobs_stopped"), "it goes on as it was"

        sites.write_text(good)
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: len(lines(worker.log, "jobs_started")) == 2, seconds=60)
        assert len(lines(worker.log, "jobs_stopped")) == 1
        assert worker.end(signal.SIGTERM) == 0


def test_told_to_begin_anew_and_to_stop_it_stops(installed: Installation) -> None:
    """As systemd does with SendSIGHUP."""
    installed.upgrade()
    with Worker(installed) as worker:
        eventually(lambda: lines(worker.log, "jobs_started"), seconds=60)
        worker.send_signal(signal.SIGHUP)
        worker.send_signal(signal.SIGTERM)
        eventually(worker.ended, seconds=60)
        assert len(lines(worker.log, "jobs_started")) == 1
        assert len(lines(worker.log, "jobs_stopped")) == 1


def test_told_twice_of_a_bad_edit_it_goes_on_as_it_was(installed: Installation) -> None:
    installed.upgrade()
    sites = Path(installed.environ["SITES_FILE"])
    with Worker(installed) as worker:
        eventually(lambda: lines(worker.log, "jobs_started"), seconds=60)
        sites.write_text("bogus = 1\n")
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: lines(worker.log, "config_reload_rejected"), seconds=60)
        worker.send_signal(signal.SIGHUP)
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: len(lines(worker.log, "config_reload_rejected")) > 1, seconds=60)
        assert not worker.ended()
        assert worker.end(signal.SIGTERM) == 0


def test_while_the_database_is_away_it_does_not_begin_anew(
    installed: Installation, tmp_path: Path
) -> None:
    installed.upgrade()
    database = Path(installed.settings.database_url.removeprefix("sqlite:///"))
    with Worker(installed) as worker:
        eventually(lambda: lines(worker.log, "jobs_started"), seconds=60)
        database.rename(tmp_path / "elsewhere")
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: lines(worker.log, "config_reload_rejected"), seconds=60)
        assert not worker.ended()
        assert worker.end(signal.SIGTERM) == 0


def test_a_child_of_serve_leaves_a_hang_up_to_its_parent(
    serving: Serving, installed: Installation
) -> None:
    """As when a terminal is closed, which tells all processes of its group."""
    served = serving(SERVE).ready()
    eventually(lambda: lines(served.log, "jobs_started"), seconds=60)
    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGHUP)
    os.kill(jobs, signal.SIGTERM)
    eventually(lambda: lines(served.log, "jobs_stopped"), seconds=60)
