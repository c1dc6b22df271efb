"""The gunicorn master, with one more child: the jobs process, restarted whenever it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gunicorn import util
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter

from webapp import metric_folders
from webapp.settings import Settings, SettingsError

ROOT = Path(__file__).parents[2]
#: A jobs process that dies at once is not started again faster than this (seconds).
LEAST_LIFE_SECONDS = 1.0
#: Reloading, old workers go on until new ones answer, but not for longer than this (seconds).
START_SECONDS = 20.0


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
        Master(self, jobs=self._jobs).run()


class Master(Arbiter):  # type: ignore[misc]
    def __init__(self, app: Server, *, jobs: bool) -> None:
        self._with_jobs = jobs
        self._child: subprocess.Popen[bytes] | None = None
        self._born = 0.0
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
        rested = time.monotonic() - self._born >= LEAST_LIFE_SECONDS
        if self._with_jobs and dead and rested:
            self._start_jobs()

    def start(self) -> None:
        """Before the first child: what an earlier run has counted is over."""
        super().start()
        if self._with_jobs:
            folder = Settings.from_environment().instance_dir
            metric_folders.begin_anew(folder, metric_folders.JOBS)

    def reload(self) -> None:
        """SIGHUP. With settings that cannot work the old workers stay."""
        try:
            Settings.from_environment()
        except SettingsError as wrong:
            self.log.error("not reloaded: %s", wrong)
            return
        self._replacing = self.worker_age
        try:
            super().reload()
        finally:
            self._replacing = None
        if self._child is not None:
            self._child.terminate()  # the next turn starts it again, with the new settings

    def stop(self, graceful: bool = True) -> None:
        self._with_jobs = False
        if self._child is not None:
            self._child.terminate()
        super().stop(graceful)
        if self._child is not None:
            self._end_jobs(self._child)

    def _wait_for_workers_after(self, age: int) -> None:
        """Until they answer: with none at all people would wait for as long as a start takes."""
        # A worker's sign of life is the time of this file; it changes when it begins to serve.
        first = {
            each.pid: each.tmp.last_update() for each in self.WORKERS.values() if each.age > age
        }
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.reap_workers()  # one that cannot start ends the waiting
            alive = {pid: each for pid, each in self.WORKERS.items() if pid in first}
            if all(each.tmp.last_update() != first[pid] for pid, each in alive.items()):
                return
            time.sleep(0.05)

    def _start_jobs(self) -> None:
        self._born = time.monotonic()
        command = [sys.executable, "-m", "webapp", "worker", "--parent", str(os.getpid())]
        # In this very folder: the module is found as ours was, and relative paths mean the same.
        self._child = subprocess.Popen(command)  # noqa: S603 - our own module

    def _end_jobs(self, child: subprocess.Popen[bytes]) -> None:
        try:
            child.wait(timeout=self.cfg.graceful_timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
