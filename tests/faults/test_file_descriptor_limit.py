"""No room for one more process: those that run go on, and it is tried again."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

from tests.faults.test_reload_invalid_settings import SECONDS, lines, workers_of
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, Serving
from tests.support.server_processes import jobs_process_of

NO_ROOM = "no process can be started (Too many open files)"


@contextmanager
def no_file_from(number: int, pid: int) -> Iterator[None]:
    """The process can open none of this number or above; what is open stays open."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (number, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def second_free(pid: int) -> int:
    """With none from there on a file can be read, and no process be started: it takes a pipe."""
    taken = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    return next(islice((number for number in count() if number not in taken), 1, None))


def test_the_server_outlives_a_jobs_process_that_there_is_no_room_for(serving: Serving) -> None:
    served = serving(SERVE).ready()
    eventually(lambda: lines(served, "jobs_started"), seconds=SECONDS)
    master = served.process.pid
    jobs, workers = jobs_process_of(master), workers_of(served)
    assert jobs is not None
    with no_file_from(second_free(master), master):
        os.kill(jobs, signal.SIGKILL)
        eventually(lambda: NO_ROOM in str(lines(served, "jobs_not_started")), seconds=SECONDS)
        assert served.status("/readyz") == 200
    eventually(lambda: len(lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert workers_of(served) == workers


def test_the_server_outlives_a_web_worker_that_there_is_no_room_for(serving: Serving) -> None:
    served = serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="2").ready()
    lost, kept = eventually(lambda: workers_of(served), seconds=SECONDS)
    with no_file_from(3, served.process.pid):
        os.kill(lost, signal.SIGKILL)
        eventually(lambda: NO_ROOM in str(lines(served, "worker_not_started")), seconds=SECONDS)
        eventually(lambda: served.status("/readyz") == 200, seconds=SECONDS)
    eventually(lambda: len(workers_of(served)) == 2, seconds=SECONDS)
    assert kept in workers_of(served)
    assert served.status("/readyz") == 200
