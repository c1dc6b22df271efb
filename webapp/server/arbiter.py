"""The gunicorn arbiter with one more child: the jobs process, which it restarts when it ends."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gunicorn import util
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter as GunicornArbiter

from webapp.config import current
from webapp.config.settings import Settings, SettingsError
from webapp.jobs.executor_id import is_executor_id_held
from webapp.observability import multiprocess
from webapp.server.preflight import problems_of_settings

ROOT = Path(__file__).parents[2]
#: During a reload old workers go on until the new ones serve, for at most this many seconds.
WORKER_START_SECONDS = 20.0
#: Seconds until a process that could not be started is started again.
RESTART_DELAY_SECONDS = 3.0
#: An exit code that no process has: gunicorn then never takes a failed worker for a reason to stop.
NO_EXIT_CODE = -1
_log = logging.getLogger(__name__)


class Server(Application):  # type: ignore[misc]
    """gunicorn configured by `gunicorn.conf.py` and `bind`; its own command line is not read."""

    def __init__(self, bind: str, *, jobs: bool) -> None:
        self._bind = bind
        self._jobs = jobs
        super().__init__()

    def load_config(self) -> None:
        self.load_config_from_file(str(ROOT / "gunicorn.conf.py"))
        self.cfg.set("bind", self._bind)

    def load(self) -> Any:
        sys.path.insert(0, str(ROOT))
        return util.import_app("wsgi:app")

    def run(self) -> None:
        Arbiter(self, jobs=self._jobs).run()


class Arbiter(GunicornArbiter):  # type: ignore[misc]
    """Runs web workers and, with `jobs`, one jobs process in the same process group."""

    def __init__(self, app: Server, *, jobs: bool) -> None:
        self._with_jobs = jobs
        self._jobs_process: subprocess.Popen[bytes] | None = None
        self._jobs_restart_at = 0.0
        self._workers_restart_at = 0.0
        self._reloading_from_age: int | None = None
        super().__init__(app)

    def manage_workers(self) -> None:
        """Start missing workers and the jobs process.

        gunicorn calls this in every turn of its loop, when a child has died, and during a reload
        after it has started new workers and before it stops the old ones.
        """
        if self._reloading_from_age is not None:
            self._wait_for_workers_after(self._reloading_from_age)
        super().manage_workers()
        dead = self._jobs_process is None or self._jobs_process.poll() is not None
        if self._with_jobs and dead and time.monotonic() >= self._jobs_restart_at:
            self._start_jobs()

    def spawn_workers(self) -> None:
        """Start the missing workers, unless the last start has just failed."""
        if time.monotonic() >= self._workers_restart_at:
            super().spawn_workers()

    def spawn_worker(self) -> int | None:
        """Start one worker; log a failing fork instead of ending the running workers."""
        try:
            return super().spawn_worker()  # type: ignore[no-any-return]
        except OSError as cause:
            if os.getpid() != self.pid:
                raise  # this is the forked worker
            self._workers_restart_at = time.monotonic() + RESTART_DELAY_SECONDS
            _log.error("worker_start_failed", extra={"problems": [_fork_problem(cause)]})
            return None

    def reap_workers(self) -> None:
        """Collect dead workers, and restart those that died while starting.

        gunicorn ends the server when a worker cannot start. Here that holds only until a worker
        has served: afterwards the other workers go on and the start is repeated.
        """
        if any(map(_has_heartbeat, self.WORKERS.values())):
            self.WORKER_BOOT_ERROR = self.APP_LOAD_ERROR = NO_EXIT_CODE
        starting = {pid for pid, each in self.WORKERS.items() if not _has_heartbeat(each)}
        super().reap_workers()
        if starting - self.WORKERS.keys() and self.LISTENERS:  # empty while the server stops
            self._workers_restart_at = time.monotonic() + RESTART_DELAY_SECONDS
            _log.error("worker_start_failed")

    def start(self) -> None:
        """Start the server, after deleting the metrics of an earlier jobs process."""
        super().start()
        if self._with_jobs:
            folder = current.current_settings().instance_dir
            if not is_executor_id_held(folder):  # a running jobs process still counts there
                multiprocess.delete_metrics(folder, multiprocess.JOBS)

    def reload(self) -> None:
        """Replace workers and jobs process on SIGHUP, unless the new settings are wrong."""
        if problems := problems_of_settings(current.current_settings()):
            current.log_problems("config_reload_rejected", problems)
            return
        self._reloading_from_age = self.worker_age
        try:
            super().reload()
        finally:
            self._reloading_from_age = None
        self._jobs_restart_at = 0.0
        if self._jobs_process is not None:
            self._jobs_process.terminate()  # the next turn starts it with the new settings

    def stop(self, graceful: bool = True) -> None:
        self._with_jobs = False
        self.WORKER_BOOT_ERROR = self.APP_LOAD_ERROR = NO_EXIT_CODE
        if self._jobs_process is not None:
            self._jobs_process.terminate()
        super().stop(graceful)
        if self._jobs_process is not None:
            self._wait_for_jobs(self._jobs_process)

    def _wait_for_workers_after(self, age: int) -> None:
        """Wait until all workers started after `age` serve, so that requests never wait."""
        deadline = time.monotonic() + WORKER_START_SECONDS
        while time.monotonic() < deadline:
            self.reap_workers()  # forget a worker that died while starting
            if all(_has_heartbeat(each) for each in self.WORKERS.values() if each.age > age):
                return
            time.sleep(0.05)

    def _start_jobs(self) -> None:
        """Start the jobs process, unless the settings it would read are wrong."""
        self._jobs_restart_at = time.monotonic() + RESTART_DELAY_SECONDS
        try:
            Settings.from_environment()
        except SettingsError as wrong:
            current.log_problems("jobs_start_failed", wrong.problems)
            return
        command = [sys.executable, "-m", "webapp", "worker", "--parent", str(os.getpid())]
        try:
            # In the same working directory: the module is found and relative paths stay valid.
            self._jobs_process = subprocess.Popen(command)  # noqa: S603 - a fixed command
        except OSError as cause:
            _log.error("jobs_start_failed", extra={"problems": [_fork_problem(cause)]})

    def _wait_for_jobs(self, child: subprocess.Popen[bytes]) -> None:
        try:
            child.wait(timeout=self.cfg.graceful_timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _fork_problem(cause: OSError) -> str:
    return (
        f"no process can be started ({cause.strerror}): raise the limits of processes, memory or "
        "open files of this server"
    )


def _has_heartbeat(worker: Any) -> bool:
    """True once the worker has written its first heartbeat.

    The heartbeat is the modification time of a file: wall-clock time when the file is created,
    then monotonic time, which is much smaller.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())
