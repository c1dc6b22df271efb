"""`serve` and `worker`: the server with its jobs process, and the jobs alone."""

from __future__ import annotations

import os
import resource
import signal
import types
from urllib.parse import urlsplit

import click
from sqlalchemy import make_url

from webapp import logs, wiring
from webapp.cli.common import settings
from webapp.cli.master import Server
from webapp.jobs.run import JobsProcess
from webapp.settings import Settings
from webapp.store import migrate
from webapp.store.engine import make_engine
from webapp.store.errors import StoreError


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="HOST:PORT")
@click.option("--no-jobs", is_flag=True, help="Leave the jobs to `worker` processes elsewhere.")
def serve(bind: str, no_jobs: bool) -> None:
    """Run the server under gunicorn, and its jobs process beside it."""
    found = settings()
    _ready_database(found)
    _raise_file_limit()
    if not urlsplit(f"//{bind}").port:
        raise click.ClickException(f"--bind {bind}: give it as HOST:PORT, such as 0.0.0.0:8000")
    Server(bind, jobs=not no_jobs).run()


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this is no longer the parent.")
def worker(parent: int | None) -> None:
    """Run the jobs only: reading the gateway back, and cleaning up."""
    found = settings()
    _ready_database(found)
    logs.set_up(found.log_level)
    told_to_stop: list[int] = []

    def stop(number: int, _frame: types.FrameType | None) -> None:
        told_to_stop.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def stopping() -> bool:
        return bool(told_to_stop) or (parent is not None and os.getppid() != parent)

    JobsProcess(wiring.build(found), stopping).run()


def _ready_database(found: Settings) -> None:
    """An SQLite file is ours to bring up to date; a shared database waits for its operator."""
    engine = make_engine(found.database_url)
    try:
        if make_url(found.database_url).get_backend_name() == "sqlite":
            migrate.upgrade(engine)
        else:
            migrate.check(engine)
    except StoreError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    finally:
        engine.dispose()


def _raise_file_limit() -> None:
    """Every waiting browser is an open file."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
