"""The master has no file descriptor left for a new process: it serves on and tries again."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import pytest

from tests.faults.test_reload_invalid_settings import (
    SECONDS,
    log_lines,
    two_workers_of,
    workers_of,
)
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, Serving
from tests.support.server_processes import jobs_process_of

TOO_MANY_FILES = "no process can be started (Too many open files)"


@contextmanager
def file_descriptor_limit(limit: int, pid: int) -> Iterator[None]:
    """The process cannot open a descriptor of this number or above; open ones stay open."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def second_free_descriptor(pid: int) -> int:
    """With this limit a file can be read, but no process started, which takes a pipe."""
    taken = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    return next(islice((number for number in count() if number not in taken), 1, None))


@pytest.mark.nightly
def test_jobs_process_without_free_descriptors_is_restarted_later(serving: Serving) -> None:
    served = serving(SERVE, executed=True).ready()
    eventually(lambda: log_lines(served, "jobs_started"), seconds=SECONDS)
    master = served.process.pid
    jobs, workers = jobs_process_of(master), workers_of(served)
    assert jobs is not None
    with file_descriptor_limit(second_free_descriptor(master), master):
        os.kill(jobs, signal.SIGKILL)
        eventually(
            lambda: TOO_MANY_FILES in str(log_lines(served, "jobs_start_failed")), seconds=SECONDS
        )
        assert served.status("/readyz") == 200
    eventually(lambda: len(log_lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert workers_of(served) == workers


def test_web_worker_without_free_descriptors_is_restarted_later(serving: Serving) -> None:
    served = serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="2").ready()
    killed, kept = two_workers_of(served)
    with file_descriptor_limit(3, served.process.pid):
        os.kill(killed, signal.SIGKILL)
        eventually(
            lambda: TOO_MANY_FILES in str(log_lines(served, "worker_start_failed")), seconds=SECONDS
        )
        eventually(lambda: served.status("/readyz") == 200, seconds=SECONDS)
    eventually(lambda: len(workers_of(served)) == 2, seconds=SECONDS)
    assert kept in workers_of(served)
    assert served.status("/readyz") == 200
