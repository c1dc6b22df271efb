"""An edit of sites.toml that cannot work, while processes of a running server die."""

import json
import os
import signal
from pathlib import Path
from typing import Any

from tests.support.eventually import eventually
from tests.support.gunicorn_server import GUNICORN, SERVE, GunicornServer, Serving
from tests.support.server_processes import child_processes_of, jobs_process_of
from tests.unit.cli.installation import Installation

#: Machines of tests are busy.
SECONDS = 60


def spoil(installed: Installation) -> str:
    """What the file held before."""
    sites = Path(installed.environ["SITES_FILE"])
    good = sites.read_text()
    sites.write_text(f"{good}bogus = 1\n")
    return good


def workers_of(served: GunicornServer) -> set[int]:
    jobs = jobs_process_of(served.process.pid)
    return set(child_processes_of(served.process.pid)) - {jobs}


def lines(served: GunicornServer, event: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in served.log.splitlines() if line.startswith("{")]
    return [line for line in told if line["event"] == event]


def dies_and_is_replaced(served: GunicornServer) -> None:
    (lost,) = workers_of(served)
    os.kill(lost, signal.SIGKILL)
    eventually(lambda: served.status("/readyz") == 200, seconds=SECONDS)
    assert lost not in workers_of(served), "a new one answers"


def test_a_server_with_a_bad_edit_outlives_its_workers_and_its_jobs(
    serving: Serving, installed: Installation
) -> None:
    served = serving(SERVE).ready()
    eventually(lambda: lines(served, "jobs_started"), seconds=SECONDS)
    good = spoil(installed)
    before = workers_of(served)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: lines(served, "config_reload_rejected"), seconds=SECONDS)
    (line,) = lines(served, "config_reload_rejected")
    assert "bogus" in str(line["problems"])
    assert workers_of(served) == before, "the old ones stay"

    dies_and_is_replaced(served)
    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: lines(served, "jobs_not_started"), seconds=SECONDS)
    assert "bogus" in str(lines(served, "jobs_not_started")[0]["problems"])
    Path(installed.environ["SITES_FILE"]).write_text(good)
    eventually(lambda: len(lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert all(line.startswith("{") for line in served.log.splitlines())


def test_gunicorn_alone_outlives_a_bad_edit_as_well(
    serving: Serving, installed: Installation
) -> None:
    served = serving(GUNICORN).ready()
    (before,) = workers_of(served)
    spoil(installed)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: lines(served, "config_reload_rejected"), seconds=SECONDS)
    eventually(lambda: lines(served, f"Worker exiting (pid: {before})"), seconds=SECONDS)
    eventually(lambda: before not in workers_of(served), seconds=SECONDS)
    dies_and_is_replaced(served)


def test_a_worker_that_cannot_start_is_tried_again_and_does_not_end_those_that_serve(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    away, folder = tmp_path / "away", Path(installed.environ["INSTANCE_DIR"])
    served = serving(
        [*SERVE, "--no-jobs"],
        WEB_CONCURRENCY="2",
        DATABASE_URL=f"sqlite:///{tmp_path / 'beside.sqlite3'}",
    ).ready()
    # Its first thread is started when a worker has read all that it needs.
    eventually(
        lambda: all(len([*Path(f"/proc/{pid}/task").iterdir()]) > 1 for pid in workers_of(served)),
        seconds=SECONDS,
    )
    folder.rename(away)
    folder.write_text("no folder")
    lost, kept = workers_of(served)
    os.kill(lost, signal.SIGKILL)
    eventually(lambda: lines(served, "worker_not_started"), seconds=SECONDS)
    assert served.status("/readyz") == 200
    assert kept in workers_of(served)
    folder.unlink()
    away.rename(folder)
    eventually(lambda: len(workers_of(served)) == 2, seconds=SECONDS)
    assert kept in workers_of(served)
