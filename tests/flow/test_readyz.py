"""/readyz reports each problem in words to callers with the operations token."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.app import create_app
from webapp.config.settings import Settings
from webapp.store.schema import heartbeats

TOKEN = "a-test-operations-token"
Readyz = Callable[..., dict[str, Any]]


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path, "http://127.0.0.1:1", OPERATIONS_TOKEN=TOKEN)
    installation.upgrade()
    return installation


@pytest.fixture
def readyz(installed: Installation) -> Iterator[Readyz]:
    """Return a function that requests /readyz of a new application, after calling `wrong`."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    engines = []

    def ask(wrong: Callable[[], object] = lambda: None, **environ: str) -> dict[str, Any]:
        app = create_app(Settings.from_environment({**installed.environ, **environ}))
        engines.append(app.extensions["wired"].engine)
        client = app.test_client()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/healthz").status_code == 200
        wrong()
        # A successful check is cached for one second.
        answer = client.get("/readyz", headers=headers)
        assert client.get("/healthz").status_code == 200, "liveness depends on nothing else"
        report: dict[str, Any] = answer.get_json()
        assert (answer.status_code == 200) == report["ready"]
        assert client.get("/readyz").data == b"", "no words without the token"
        return report

    yield ask
    for engine in engines:
        engine.dispose()
    root.handlers[:], root.level = handlers, level


def problem(report: dict[str, Any]) -> str:
    assert not report["ready"]
    (only,) = report["problems"]
    return str(only)


def run(installed: Installation, statement: str) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.connection.execute(text(statement))


def test_readyz_healthy_server_reports_no_problem(readyz: Readyz, installed: Installation) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
    assert readyz() == {"ready": True, "problems": [], "degraded": []}


def test_readyz_unreachable_database_reports_problem(readyz: Readyz) -> None:
    message = problem(readyz(DATABASE_URL="postgresql://nobody:secret-word@127.0.0.1:1/none"))
    assert "the database of DATABASE_URL cannot be used" in message
    assert "see that it runs" in message
    assert "secret-word" not in message


def test_readyz_deleted_database_file_reports_problem(
    readyz: Readyz, installed: Installation
) -> None:
    path = Path(installed.settings.database_url.removeprefix("sqlite:///"))
    message = problem(readyz(path.unlink))
    assert "DATABASE_URL names a file that does not exist" in message


def test_readyz_wrong_schema_version_reports_problem(
    readyz: Readyz, installed: Installation
) -> None:
    run(installed, "UPDATE alembic_version SET version_num = '0001'")
    assert "run `python -m webapp database upgrade`" in problem(readyz())
    run(installed, "UPDATE alembic_version SET version_num = '9999'")
    assert "run the newer version of mobbscan-embed" in problem(readyz())


def test_readyz_wrong_data_key_reports_problem(readyz: Readyz, installed: Installation) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.generated_keys.get_or_make("subject", datetime.now(UTC))
    message = problem(readyz(DATA_KEYS=ANOTHER_KEY))
    assert "no key of DATA_KEYS opens a stored value: bring back the key" in message


def test_readyz_gateway_alarm_reports_degraded(readyz: Readyz, installed: Installation) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        work.alarms.raise_alarm("gateway_forbidden", datetime(2026, 11, 24, 9, tzinfo=UTC))
    report = readyz()
    assert report["ready"]
    assert report["degraded"] == [
        (
            "the gateway answers 403: ask the vendor for the right that our account lacks"
            " (since 2026-11-24 09:00Z)"
        )
    ]


def test_readyz_dead_letters_and_quarantine_report_degraded(
    readyz: Readyz, installed: Installation
) -> None:
    failed = installed.add()
    now = datetime.now(UTC)
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        work.failed_polls.record_failure(failed.id, "WrongKey", now)
    assert readyz()["degraded"] == [], "not dead-lettered yet"
    with installed.parts() as parts, parts.database.writing() as work:
        work.failed_polls.dead_letter(failed.id, now)
        work.quarantine.add(b"no notice", "not JSON", now)
    report = readyz()
    assert report["ready"]
    assert [each.split(":")[0] for each in report["degraded"]] == [
        "1 dead letter",
        "1 notice could not be read",
    ]
    with installed.parts() as parts, parts.database.writing() as work:
        work.quarantine.add(b"no notice either", "not JSON", now)
    assert readyz()["degraded"][1].startswith("2 notices could not be read: ")
    with installed.parts() as parts, parts.database.writing() as work:
        work.quarantine.remove()
    assert [each.split(":")[0] for each in readyz()["degraded"]] == ["1 dead letter"]


def test_readyz_missing_jobs_process_reports_degraded(
    readyz: Readyz, installed: Installation
) -> None:
    assert "no jobs process has been seen yet" in readyz()["degraded"][0]
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        then = datetime.now(UTC) - timedelta(minutes=5)
        work.connection.execute(update(heartbeats).values(seen_at=then))
    (message,) = readyz()["degraded"]
    found = re.search(r"no jobs process has been seen for (\d+) seconds", message)
    assert found, message
    assert 290 <= int(found[1]) < 900
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("on another machine")
    assert readyz()["degraded"] == []
