"""A running server rejects an invalid sites.toml and keeps working when its processes die."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import GUNICORN, SERVE, GunicornServer, Serving
from tests.support.server_processes import child_processes_of, jobs_process_of
from tests.unit.cli.installation import Installation

#: Time limit on a busy machine.
SECONDS = 60


def add_unknown_key(installed: Installation) -> str:
    """Make sites.toml invalid and return its previous content."""
    sites = Path(installed.environ["SITES_FILE"])
    valid = sites.read_text()
    sites.write_text(f"{valid}bogus = 1\n")
    return valid


def workers_of(served: GunicornServer) -> set[int]:
    jobs = jobs_process_of(served.process.pid)
    return set(child_processes_of(served.process.pid)) - {jobs}


def two_workers_of(served: GunicornServer) -> set[int]:
    """Wait for the second worker: the server answers once it has one."""
    eventually(lambda: len(workers_of(served)) == 2, seconds=SECONDS)
    return workers_of(served)


def log_lines(served: GunicornServer, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in served.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def assert_killed_worker_is_replaced(served: GunicornServer) -> None:
    (killed,) = workers_of(served)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: served.status("/readyz") == 200, seconds=SECONDS)
    assert killed not in workers_of(served), "a new worker answers"


def test_serve_with_invalid_sites_file_restarts_worker_and_jobs(
    serving: Serving, installed: Installation
) -> None:
    served = serving(SERVE).ready()
    eventually(lambda: log_lines(served, "jobs_started"), seconds=SECONDS)
    valid = add_unknown_key(installed)
    before = workers_of(served)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: log_lines(served, "config_reload_rejected"), seconds=SECONDS)
    (line,) = log_lines(served, "config_reload_rejected")
    assert "bogus" in str(line["problems"])
    assert workers_of(served) == before, "the old workers stay"

    assert_killed_worker_is_replaced(served)
    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: log_lines(served, "jobs_start_failed"), seconds=SECONDS)
    assert "bogus" in str(log_lines(served, "jobs_start_failed")[0]["problems"])
    Path(installed.environ["SITES_FILE"]).write_text(valid)
    eventually(lambda: len(log_lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert all(line.startswith("{") for line in served.log.splitlines())


def test_gunicorn_with_invalid_sites_file_replaces_workers(
    serving: Serving, installed: Installation
) -> None:
    served = serving(GUNICORN).ready()
    (before,) = workers_of(served)
    add_unknown_key(installed)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: log_lines(served, "config_reload_rejected"), seconds=SECONDS)
    eventually(lambda: log_lines(served, f"Worker exiting (pid: {before})"), seconds=SECONDS)
    eventually(lambda: before not in workers_of(served), seconds=SECONDS)
    assert_killed_worker_is_replaced(served)


@pytest.mark.nightly
def test_worker_that_cannot_start_is_retried_while_the_other_serves(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    moved, folder = tmp_path / "moved", Path(installed.environ["INSTANCE_DIR"])
    served = serving(
        [*SERVE, "--no-jobs"],
        WEB_CONCURRENCY="2",
        DATABASE_URL=f"sqlite:///{tmp_path / 'state.sqlite3'}",
    ).ready()
    workers = two_workers_of(served)
    # A worker starts its first thread after it has read all files that it needs.
    eventually(
        lambda: all(len([*Path(f"/proc/{pid}/task").iterdir()]) > 1 for pid in workers),
        seconds=SECONDS,
    )
    folder.rename(moved)
    folder.write_text("not a folder")
    killed, kept = workers
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: log_lines(served, "worker_start_failed"), seconds=SECONDS)
    assert served.status("/readyz") == 200
    assert kept in workers_of(served)
    folder.unlink()
    moved.rename(folder)
    eventually(lambda: len(workers_of(served)) == 2, seconds=SECONDS)
    assert kept in workers_of(served)
