"""What is wrong is said in words to those who may know, and only by /readyz."""

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

TOKEN = "a-token-of-those-who-run-the-server"
Told = Callable[..., dict[str, Any]]


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path, "http://127.0.0.1:1", OPERATIONS_TOKEN=TOKEN)
    installation.upgrade()
    return installation


@pytest.fixture
def told(installed: Installation) -> Iterator[Told]:
    """Ask a new process's /readyz; `wrong` happens once it has started."""
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
        # What has just been found right counts for a second.
        answer = client.get("/readyz", headers=headers)
        assert client.get("/healthz").status_code == 200, "it never depends on others"
        said: dict[str, Any] = answer.get_json()
        assert (answer.status_code == 200) == said["ready"]
        assert client.get("/readyz").data == b"", "nobody else is told"
        return said

    yield ask
    for engine in engines:
        engine.dispose()
    root.handlers[:], root.level = handlers, level


def problem(said: dict[str, Any]) -> str:
    assert not said["ready"]
    (only,) = said["problems"]
    return str(only)


def run(installed: Installation, statement: str) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.connection.execute(text(statement))


def test_nothing_is_wrong(told: Told, installed: Installation) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
    assert told() == {"ready": True, "problems": [], "degraded": []}


def test_a_database_server_that_is_away(told: Told) -> None:
    said = problem(told(DATABASE_URL="postgresql://nobody:secret-word@127.0.0.1:1/none"))
    assert "the database of DATABASE_URL cannot be used" in said
    assert "see that it runs" in said
    assert "secret-word" not in said


def test_a_database_file_that_is_gone(told: Told, installed: Installation) -> None:
    path = Path(installed.settings.database_url.removeprefix("sqlite:///"))
    said = problem(told(path.unlink))
    assert "DATABASE_URL names a file that does not exist" in said


def test_a_schema_that_is_too_old_or_too_new(told: Told, installed: Installation) -> None:
    run(installed, "UPDATE alembic_version SET version_num = '0001'")
    assert "run `python -m webapp database upgrade`" in problem(told())
    run(installed, "UPDATE alembic_version SET version_num = '9999'")
    assert "run the newer version of mobbscan-embed" in problem(told())


def test_a_key_that_opens_nothing(told: Told, installed: Installation) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.generated_keys.make("subject", datetime.now(UTC))
    said = problem(told(DATA_KEYS=ANOTHER_KEY))
    assert "no key of DATA_KEYS opens a stored value: bring back the key" in said


def test_what_only_the_vendor_can_cure_is_said_and_the_server_stays_in_service(
    told: Told, installed: Installation
) -> None:
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        work.alarms.raise_alarm("gateway_forbidden", datetime(2026, 11, 24, 9, tzinfo=UTC))
    said = told()
    assert said["ready"]
    assert said["degraded"] == [
        (
            "the gateway answers 403: ask the vendor for the right our account lacks"
            " (since 2026-11-24 09:00Z)"
        )
    ]


def test_what_waits_for_an_operator(told: Told, installed: Installation) -> None:
    given_up = installed.add()
    now = datetime.now(UTC)
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        work.failed_polls.record_failure(given_up.id, "WrongKey", now)
    assert told()["degraded"] == [], "not given up yet"
    with installed.parts() as parts, parts.database.writing() as work:
        work.failed_polls.dead_letter(given_up.id, now)
        work.quarantine.add(b"no notice", "not JSON", now)
    said = told()
    assert said["ready"]
    assert [each.split(":")[0] for each in said["degraded"]] == [
        "1 dead letter",
        "1 notice could not be read",
    ]
    with installed.parts() as parts, parts.database.writing() as work:
        work.quarantine.add(b"no notice either", "not JSON", now)
    assert told()["degraded"][1].startswith("2 notices could not be read: ")
    with installed.parts() as parts, parts.database.writing() as work:
        work.quarantine.remove()
    assert [each.split(":")[0] for each in told()["degraded"]] == ["1 dead letter"]


def test_jobs_that_nobody_does(told: Told, installed: Installation) -> None:
    assert "no jobs process has been seen yet" in told()["degraded"][0]
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("here")
        then = datetime.now(UTC) - timedelta(minutes=5)
        work.connection.execute(update(heartbeats).values(seen_at=then))
    (said,) = told()["degraded"]
    found = re.search(r"no jobs process has been seen for (\d+) seconds", said)
    assert found, said
    assert 290 <= int(found[1]) < 900
    with installed.parts() as parts, parts.database.writing() as work:
        work.heartbeats.beat("on another machine")
    assert told()["degraded"] == []
