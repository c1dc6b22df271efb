"""`serve` and `worker`: the server with its jobs process, and the jobs alone."""

from __future__ import annotations

import os
import signal
import sys
import types

import click
import structlog

from webapp import logs, wiring
from webapp.cli.bind import checked_bind
from webapp.cli.common import known_database, ready_database, settings
from webapp.config.current import log_misspelt_settings
from webapp.config.settings import Settings
from webapp.jobs.executor_id import InUse, held
from webapp.jobs.process import JobsProcess
from webapp.observability import multiprocess
from webapp.server.preflight import problems_of_settings
from webapp.wiring import Components

_log = structlog.get_logger(__name__)


@click.command()
@click.option(
    "--bind",
    default="127.0.0.1:8000",
    show_default=True,
    metavar="HOST:PORT",
    callback=lambda _context, _option, text: checked_bind(text),
    help="Where to listen; 0.0.0.0 or [::] as the host means every address of this machine.",
)
@click.option("--no-jobs", is_flag=True, help="Leave the jobs to `worker` processes elsewhere.")
def serve(bind: str, no_jobs: bool) -> None:
    """Run the server under gunicorn, and its jobs process beside it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until gunicorn takes it for a reload
    found = settings()
    ready_database(found)
    if not os.environ.get("WEB_CONCURRENCY", "").strip():
        os.environ.pop("WEB_CONCURRENCY", None)  # unset for us, and no number for gunicorn
    from webapp.server.arbiter import Server  # gunicorn reads WEB_CONCURRENCY as it is imported

    Server(bind, jobs=not no_jobs).run()


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this is no longer the parent.")
def worker(parent: int | None) -> None:
    """Run the jobs only: reading the gateway back, and cleaning up. SIGHUP reads settings anew."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to begin anew
    found = settings()
    logs.set_up(found.log_level)
    try:
        with held(found.instance_dir):  # before anything of another one's is touched
            if parent is None:  # otherwise the parent has logged them
                log_misspelt_settings()
            ended = _work(found, parent)
    except InUse as other:
        raise click.ClickException(str(other)) from other
    if ended.to_begin_anew():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # so it stays until the next one can take it
        os.execv(sys.executable, [sys.executable, "-m", "webapp", "worker"])  # noqa: S606 - ourselves


class Ending:
    """What a worker has been told: to stop, or (without a parent) to begin anew."""

    def __init__(self, parent: int | None) -> None:
        self._parent = parent
        self._stopping = self._renewing = self._anew = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if parent is None:  # else it is the parent's to say
            signal.signal(signal.SIGHUP, self._renew)

    def __call__(self) -> bool:
        """Whether it is time. Who is told both to begin anew and to stop stops."""
        if self._renewing:
            self._renewing = False
            self._anew = _can_begin_anew()
        orphaned = self._parent is not None and os.getppid() != self._parent
        return self._stopping or orphaned or self._anew

    def to_begin_anew(self) -> bool:
        """To be asked when all is done: from now on a signal to stop is the end at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        return self._anew and not self._stopping

    def _stop(self, _number: int, _frame: types.FrameType | None) -> None:
        self._stopping = True

    def _renew(self, _number: int, _frame: types.FrameType | None) -> None:
        self._renewing = True


def _work(found: Settings, parent: int | None) -> Ending:
    _count(found, alone=parent is None)
    from webapp.observability import observers  # not before: it decides where this process counts

    parts = wiring.build(found, observers=observers.SERVER)
    _see_that_it_works(parts, alone=parent is None)
    ending = Ending(parent)
    JobsProcess(parts, ending).run()
    return ending


def _see_that_it_works(parts: Components, *, alone: bool) -> None:
    """A child of `serve` is tried again, and says why in the log of both."""
    try:
        known_database(parts)
    except click.ClickException as wrong:
        if alone:
            raise
        _log.error("jobs_not_started", problems=[wrong.message])
        sys.exit(1)


def _can_begin_anew() -> bool:
    problems = problems_of_settings()
    if problems:
        _log.error("config_reload_rejected", problems=list(problems))
    return not problems


def _count(found: Settings, *, alone: bool) -> None:
    if alone:
        multiprocess.begin_anew(found.instance_dir, multiprocess.JOBS)
    if not multiprocess.count_in(found.instance_dir, multiprocess.JOBS):
        _log.warning("metrics_not_shared")
