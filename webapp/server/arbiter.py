"""The gunicorn master, with one more child: the jobs process, restarted whenever it ends."""

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
from webapp.jobs.executor_id import in_use
from webapp.observability import multiprocess
from webapp.server.preflight import problems_of_settings

ROOT = Path(__file__).parents[2]
#: Reloading, old workers go on until new ones answer, but not for longer than this (seconds).
START_SECONDS = 20.0
#: What could not be started is tried again after so long (seconds).
PAUSE_SECONDS = 3.0
#: No process ends with this code.
NEVER = -1
_log = logging.getLogger(__name__)


class Server(Application):  # type: ignore[misc]
    """gunicorn with the configuration of `gunicorn.conf.py` and nothing from the command line."""

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
    def __init__(self, app: Server, *, jobs: bool) -> None:
        self._with_jobs = jobs
        self._child: subprocess.Popen[bytes] | None = None
        self._jobs_not_before = 0.0
        self._workers_not_before = 0.0
        self._replacing: int | None = None
        super().__init__(app)

    def manage_workers(self) -> None:
        """Called by gunicorn in every turn of its loop, and at once when a child has died.

        While reloading too, once new workers have been started and before old ones are stopped.
        """
        if self._replacing is not None:
            self._wait_for_workers_after(self._replacing)
        super().manage_workers()
        dead = self._child is None or self._child.poll() is not None
        if self._with_jobs and dead and time.monotonic() >= self._jobs_not_before:
            self._start_jobs()

    def spawn_workers(self) -> None:
        """Called by gunicorn when there are fewer than there should be."""
        if time.monotonic() >= self._workers_not_before:
            super().spawn_workers()

    def spawn_worker(self) -> int | None:
        """Called by gunicorn for each. What there is no room for now must not end the others."""
        try:
            return super().spawn_worker()  # type: ignore[no-any-return]
        except OSError as cause:
            if os.getpid() != self.pid:
                raise  # in the worker itself
            self._workers_not_before = time.monotonic() + PAUSE_SECONDS
            _log.error("worker_not_started", extra={"problems": [_no_room(cause)]})
            return None

    def reap_workers(self) -> None:
        """Called by gunicorn when a child has died.

        gunicorn ends the whole server for a worker that cannot start. We do until one has served:
        from then on the others go on, and it is tried again.
        """
        if any(map(_serves, self.WORKERS.values())):
            self.WORKER_BOOT_ERROR = self.APP_LOAD_ERROR = NEVER
        starting = {pid for pid, each in self.WORKERS.items() if not _serves(each)}
        super().reap_workers()
        if starting - self.WORKERS.keys() and self.LISTENERS:  # none are left while we stop
            self._workers_not_before = time.monotonic() + PAUSE_SECONDS
            _log.error("worker_not_started")

    def start(self) -> None:
        """Before the first child: what an earlier run has counted is over."""
        super().start()
        if self._with_jobs:
            folder = current.in_force().instance_dir
            if not in_use(folder):  # what it counts would be lost
                multiprocess.begin_anew(folder, multiprocess.JOBS)

    def reload(self) -> None:
        """SIGHUP. With settings that cannot work the old workers stay."""
        if problems := problems_of_settings(current.in_force().database_url):
            current.complain("not_reloaded", problems)
            return
        self._replacing = self.worker_age
        try:
            super().reload()
        finally:
            self._replacing = None
        self._jobs_not_before = 0.0
        if self._child is not None:
            self._child.terminate()  # the next turn starts it again, with the new settings

    def stop(self, graceful: bool = True) -> None:
        self._with_jobs = False
        self.WORKER_BOOT_ERROR = self.APP_LOAD_ERROR = NEVER  # it is the end anyway
        if self._child is not None:
            self._child.terminate()
        super().stop(graceful)
        if self._child is not None:
            self._end_jobs(self._child)

    def _wait_for_workers_after(self, age: int) -> None:
        """Until they answer: with none at all people would wait for as long as a start takes."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.reap_workers()  # one that cannot start is not waited for
            if all(_serves(each) for each in self.WORKERS.values() if each.age > age):
                return
            time.sleep(0.05)

    def _start_jobs(self) -> None:
        """It reads the settings itself, and a file that cannot work would be its end."""
        self._jobs_not_before = time.monotonic() + PAUSE_SECONDS
        try:
            Settings.from_environment()
        except SettingsError as wrong:
            current.complain("jobs_not_started", wrong.problems)
            return
        command = [sys.executable, "-m", "webapp", "worker", "--parent", str(os.getpid())]
        try:
            # In this very folder: our module is found there, and relative paths mean the same.
            self._child = subprocess.Popen(command)  # noqa: S603 - our own module
        except OSError as cause:
            _log.error("jobs_not_started", extra={"problems": [_no_room(cause)]})

    def _end_jobs(self, child: subprocess.Popen[bytes]) -> None:
        try:
            child.wait(timeout=self.cfg.graceful_timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _no_room(cause: OSError) -> str:
    return (
        f"no process can be started ({cause.strerror}): see the limits of processes, memory and "
        "open files of this server"
    )


def _serves(worker: Any) -> bool:
    """Its sign of life is the time of a file.

    By the calendar when the file is made, by the clock that counts from the machine's start as
    soon as the worker serves.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())
