"""A reload with a DATABASE_URL that cannot work, or whose database does not answer as expected."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.faults.test_reload_invalid_settings import SECONDS, log_lines, workers_of
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, GunicornServer, Serving
from tests.support.postgres import shared
from tests.support.server_processes import jobs_process_of

UNPRIVILEGED_ROLE = "embed_unprivileged"


@pytest.fixture
def address() -> Iterator[str]:
    made = shared().new_database()
    shared().execute(f"CREATE ROLE {UNPRIVILEGED_ROLE} LOGIN")
    yield made
    shared().drop(made)
    shared().execute(f"DROP ROLE {UNPRIVILEGED_ROLE}")


@pytest.fixture
def url_file(address: str, tmp_path: Path) -> Path:
    path = tmp_path / "database_url"
    path.write_text(address)
    return path


@pytest.fixture
def served(serving: Serving, url_file: Path) -> GunicornServer:
    running = serving(SERVE, DATABASE_URL_FILE=str(url_file)).ready()
    eventually(lambda: log_lines(running, "jobs_started"), seconds=SECONDS)
    return running


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"username": UNPRIVILEGED_ROLE}, "its user may not use a table"),
        pytest.param(
            {"database": "no_such_database"},
            "the server has no such database",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            {"host": "host.invalid", "query": {}},
            "its host is not known",
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_reload_with_unusable_database_url_keeps_workers_and_logs_reason(
    served: GunicornServer, url_file: Path, address: str, edit: dict[str, str], reason: str
) -> None:
    before = workers_of(served)
    url_file.write_text(make_url(address).set(**edit).render_as_string(hide_password=False))
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: reason in str(log_lines(served, "config_reload_rejected")), seconds=SECONDS)
    assert workers_of(served) == before
    assert served.status("/readyz") == 200

    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: reason in str(log_lines(served, "jobs_start_failed")), seconds=SECONDS)
    url_file.write_text(address)
    eventually(lambda: len(log_lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert served.process.poll() is None
    assert "Traceback" not in served.log


@pytest.mark.nightly
def test_reload_while_a_table_is_locked_replaces_workers(
    served: GunicornServer, address: str
) -> None:
    before = workers_of(served)
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE generated_keys")
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: not workers_of(served) & before, seconds=SECONDS)
    served.ready()


def test_reload_after_a_newer_version_migrated_the_database_is_accepted(
    served: GunicornServer, address: str
) -> None:
    before = workers_of(served)
    with psycopg.connect(address) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: not workers_of(served) & before, seconds=SECONDS)
    assert not log_lines(served, "config_reload_rejected")
    eventually(lambda: served.status("/healthz") == 200, seconds=SECONDS)
