"""Signals to web workers and jobs processes while they start, reload or stop."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, Serving, installed, serving
from tests.support.server_processes import jobs_process_of
from tests.unit.cli.installation import Installation
from tests.unit.jobs.jobs_process import Worker

__all__ = ["installed", "serving"]

#: An application whose worker receives SIGTERM while loading it.
STOPPED_WHILE_LOADING = """
import os, signal
os.kill(os.getpid(), signal.SIGTERM)
from wsgi import app
"""


def lines(log: str, event: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in entries if line["event"] == event]


def test_web_worker_sigterm_while_starting_exits(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    (tmp_path / "stopped_while_loading.py").write_text(STOPPED_WHILE_LOADING)
    command = ["-m", "gunicorn", "stopped_while_loading:app"]
    served = serving(command, executed=True, PYTHONPATH=str(tmp_path))
    eventually(lambda: served.log.count("Worker exiting") > 1, seconds=60)
    assert "Exception in worker process" not in served.log
    assert "has no attribute" not in served.log


def test_worker_command_sighup_reloads_valid_settings_only(
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
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: len(lines(worker.log, "config_reload_rejected")) > 1, seconds=60)
        assert not lines(worker.log, "jobs_stopped"), "the old settings stay in force"

        sites.write_text(good)
        worker.send_signal(signal.SIGHUP)
        eventually(lambda: len(lines(worker.log, "jobs_started")) == 2, seconds=60)
        assert len(lines(worker.log, "jobs_stopped")) == 1
        assert worker.end(signal.SIGTERM) == 0


def test_worker_command_sighup_then_sigterm_exits(installed: Installation) -> None:
    """systemd sends both with SendSIGHUP."""
    installed.upgrade()
    with Worker(installed) as worker:
        eventually(lambda: lines(worker.log, "jobs_started"), seconds=60)
        worker.send_signal(signal.SIGHUP)
        worker.send_signal(signal.SIGTERM)
        eventually(worker.ended, seconds=60)
        assert len(lines(worker.log, "jobs_started")) == 1
        assert len(lines(worker.log, "jobs_stopped")) == 1


@pytest.mark.nightly
def test_worker_command_sighup_without_database_keeps_running(
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


def test_jobs_child_sighup_is_ignored(serving: Serving, installed: Installation) -> None:
    """A closing terminal sends SIGHUP to all processes of its group."""
    served = serving(SERVE).ready()
    eventually(lambda: lines(served.log, "jobs_started"), seconds=60)
    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGHUP)
    os.kill(jobs, signal.SIGTERM)
    eventually(lambda: lines(served.log, "jobs_stopped"), seconds=60)
