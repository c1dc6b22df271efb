"""`serve` and `worker`: the server with its jobs process, and the jobs alone."""

from __future__ import annotations

import os
import signal
import sys
import types

import click
import structlog

from webapp import logs, metric_folders, wiring
from webapp.cli.bind import checked_bind
from webapp.cli.common import known_database, ready_database, settings
from webapp.cli.workable import problems_of_settings
from webapp.jobs.name import InUse, held
from webapp.jobs.run import JobsProcess
from webapp.settings import Settings


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
    from webapp.cli.master import Server  # gunicorn reads WEB_CONCURRENCY as it is imported

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
            last = _work(found, parent)
    except InUse as other:
        raise click.ClickException(str(other)) from other
    if last == signal.SIGHUP:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # so it stays until the next one can take it
        os.execv(sys.executable, [sys.executable, "-m", "webapp", "worker"])  # noqa: S606 - ourselves


def _work(found: Settings, parent: int | None) -> int | None:
    """The signal that it ended for; SIGHUP is not meant for a child of `serve`."""
    _count(found, alone=parent is None)
    from webapp import observing  # not before: it decides where this process counts

    parts = wiring.build(found, observers=observing.SERVER)
    known_database(parts)
    told_to_stop: list[int] = []

    def stop(number: int, _frame: types.FrameType | None) -> None:
        told_to_stop.append(number)

    for number in (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if parent is None else [])):
        signal.signal(number, stop)

    def stopping() -> bool:
        if told_to_stop == [signal.SIGHUP] and not _can_begin_anew():
            told_to_stop.clear()
        return bool(told_to_stop) or (parent is not None and os.getppid() != parent)

    JobsProcess(parts, stopping).run()
    return told_to_stop[-1] if told_to_stop else None


def _can_begin_anew() -> bool:
    problems = problems_of_settings(database_may_be_away=True)
    if problems:
        structlog.get_logger(__name__).error("not_reloaded", problems=list(problems))
    return not problems


def _count(found: Settings, *, alone: bool) -> None:
    if alone:
        metric_folders.begin_anew(found.instance_dir, metric_folders.JOBS)
    if not metric_folders.count_in(found.instance_dir, metric_folders.JOBS):
        structlog.get_logger(__name__).warning("metrics_not_shared")
