"""`serve` and `worker`: run the server with its jobs process, or a jobs process alone."""

from __future__ import annotations

import os
import signal
import sys
import types

import click
import structlog

from webapp import logs, wiring
from webapp.cli.bind import checked_bind, require_bindable
from webapp.cli.common import prepare_database, require_database, settings
from webapp.config.current import (
    log_ignored_proxy_variables,
    log_misspelt_settings,
    log_quoted_secrets,
)
from webapp.config.settings import Settings
from webapp.jobs.executor_id import ExecutorIdInUse, hold_executor_id
from webapp.observability import multiprocess
from webapp.server.preflight import problems_of_settings
from webapp.wiring import Components

#: Variables of processes that inherit their listening sockets (gunicorn's upgrade, systemd).
_INHERITED_SOCKETS = ("GUNICORN_FD", "LISTEN_FDS")
_log = structlog.get_logger(__name__)


@click.command()
@click.option(
    "--bind",
    default="127.0.0.1:8000",
    show_default=True,
    metavar="HOST:PORT",
    callback=lambda _context, _option, text: checked_bind(text),
    help="The address to listen on; the host 0.0.0.0 or [::] means every address of this machine.",
)
@click.option("--no-jobs", is_flag=True, help="Start no jobs process: `worker` runs elsewhere.")
def serve(bind: str, no_jobs: bool) -> None:
    """Run the server under gunicorn, with a jobs process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until gunicorn handles it
    found = settings()
    if not any(name in os.environ for name in _INHERITED_SOCKETS):
        require_bindable(bind)
    prepare_database(found)
    if not os.environ.get("WEB_CONCURRENCY", "").strip():
        os.environ.pop("WEB_CONCURRENCY", None)  # empty counts as unset, gunicorn wants a number
    from webapp.server.arbiter import Server  # gunicorn reads WEB_CONCURRENCY as it is imported

    Server(bind, jobs=not no_jobs).run()


@click.command()
@click.option("--parent", type=int, hidden=True, help="End with this parent process.")
def worker(parent: int | None) -> None:
    """Run the jobs only: polling the gateway, and cleaning up. SIGHUP reloads the settings."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a handler
    found = settings()
    logs.set_up(found.log_level)
    try:
        with hold_executor_id(found.instance_dir):  # before it touches the files of another one
            if parent is None:  # otherwise the parent has logged them
                log_misspelt_settings()
                log_quoted_secrets(found)
                log_ignored_proxy_variables()
            stop = _run_jobs(found, parent)
    except ExecutorIdInUse as error:
        raise click.ClickException(str(error)) from error
    if stop.should_restart():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # inherited until the new process handles it
        os.execv(sys.executable, [sys.executable, "-m", "webapp", "worker"])  # noqa: S606 - ourselves


class StopSignals:
    """Records the signals of a jobs process: stop, or (without a parent) restart."""

    def __init__(self, parent: int | None) -> None:
        self._parent = parent
        self._stopping = self._reloading = self._restarting = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        if parent is None:  # otherwise the parent handles it
            signal.signal(signal.SIGHUP, self._on_reload)

    def __call__(self) -> bool:
        """Return whether the process should end."""
        if self._reloading:
            self._reloading = False
            self._restarting = _settings_are_valid()
        orphaned = self._parent is not None and os.getppid() != self._parent
        return self._stopping or orphaned or self._restarting

    def should_restart(self) -> bool:
        """Return whether to restart: not if a stop signal came too.

        Call it when the jobs have ended: from then on a stop signal ends the process at once.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        return self._restarting and not self._stopping

    def _on_stop(self, _number: int, _frame: types.FrameType | None) -> None:
        self._stopping = True

    def _on_reload(self, _number: int, _frame: types.FrameType | None) -> None:
        self._reloading = True


def _run_jobs(found: Settings, parent: int | None) -> StopSignals:
    _join_metrics(found, alone=parent is None)
    from webapp.jobs.process import JobsProcess  # the job library takes long to import
    from webapp.observability import observers  # after: the import opens the metrics files

    components = wiring.build(found, observers=observers.SERVER)
    _check_database(components, alone=parent is None)
    stop = StopSignals(parent)
    JobsProcess(components, stop).run()
    return stop


def _check_database(components: Components, *, alone: bool) -> None:
    """End the process unless the database is usable. `serve` restarts its child, which logs why."""
    try:
        require_database(components)
    except click.ClickException as error:
        if alone:
            raise
        _log.error("jobs_start_failed", problems=[error.message])
        sys.exit(1)


def _settings_are_valid() -> bool:
    problems = problems_of_settings()
    if problems:
        _log.error("config_reload_rejected", problems=list(problems))
    return not problems


def _join_metrics(found: Settings, *, alone: bool) -> None:
    if alone:
        multiprocess.delete_metrics(found.instance_dir, multiprocess.JOBS)
    if not multiprocess.share_metrics(found.instance_dir, multiprocess.JOBS):
        _log.warning("metrics_sharing_failed")
