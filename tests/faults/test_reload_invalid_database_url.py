"""DATABASE_URL is edited in a way that cannot work, or the database cannot answer, on a reload."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.faults.test_reload_invalid_settings import SECONDS, lines, workers_of
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, GunicornServer, Serving
from tests.support.postgres import shared
from tests.support.server_processes import jobs_process_of

STRANGER = "embed_stranger"


@pytest.fixture
def address() -> Iterator[str]:
    made = shared().new_database()
    shared().execute(f"CREATE ROLE {STRANGER} LOGIN")
    yield made
    shared().drop(made)
    shared().execute(f"DROP ROLE {STRANGER}")


@pytest.fixture
def file(address: str, tmp_path: Path) -> Path:
    path = tmp_path / "database_url"
    path.write_text(address)
    return path


@pytest.fixture
def served(serving: Serving, file: Path) -> GunicornServer:
    running = serving(SERVE, DATABASE_URL_FILE=str(file)).ready()
    eventually(lambda: lines(running, "jobs_started"), seconds=SECONDS)
    return running


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"username": STRANGER}, "its user may not use a table"),
        ({"database": "no_such_database"}, "the server has no such database"),
        ({"host": "host.invalid", "query": {}}, "its host is not known"),
    ],
)
def test_the_old_workers_stay_and_the_log_says_why(
    served: GunicornServer, file: Path, address: str, edit: dict[str, str], why: str
) -> None:
    before = workers_of(served)
    file.write_text(make_url(address).set(**edit).render_as_string(hide_password=False))
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: why in str(lines(served, "config_reload_rejected")), seconds=SECONDS)
    assert workers_of(served) == before
    assert served.status("/readyz") == 200

    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: why in str(lines(served, "jobs_not_started")), seconds=SECONDS)
    file.write_text(address)
    eventually(lambda: len(lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert served.process.poll() is None
    assert "Traceback" not in served.log


def test_a_table_that_somebody_keeps_locked_does_not_keep_the_server_from_its_work(
    served: GunicornServer, address: str
) -> None:
    before = workers_of(served)
    with psycopg.connect(address) as holder:
        holder.execute("LOCK TABLE generated_keys")
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: not workers_of(served) & before, seconds=SECONDS)
    served.ready()


def test_while_another_version_has_upgraded_settings_are_still_taken_over(
    served: GunicornServer, address: str
) -> None:
    before = workers_of(served)
    with psycopg.connect(address) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: not workers_of(served) & before, seconds=SECONDS)
    assert not lines(served, "config_reload_rejected")
    eventually(lambda: served.status("/healthz") == 200, seconds=SECONDS)
