"""The server under gunicorn: start, settings, metrics and database files."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import GUNICORN, SERVE, Serving
from tests.support.postgres import shared
from tests.support.prometheus import scrape
from tests.unit.cli.installation import Installation


def test_gunicorn_without_serve_migrates_sqlite_and_applies_log_level_file(
    serving: Serving, installed: Installation
) -> None:
    level = installed.folder / "level"
    level.write_text("warning\n")
    served = serving(GUNICORN, executed=True, LOG_LEVEL_FILE=str(level)).ready()
    modes = {path.stat().st_mode & 0o777 for path in installed.settings.instance_dir.rglob("*")}
    assert modes == {0o600, 0o700}, "files, and the metrics folders"
    assert served.log == "", "no warning"


def test_gunicorn_without_serve_shares_metrics_of_its_workers(
    serving: Serving, installed: Installation
) -> None:
    metrics = installed.settings.instance_dir / "metrics"
    for part in ("web", "jobs"):
        (metrics / part).mkdir(parents=True)
        (metrics / part / "counter_999999.db").write_bytes(bytes(4096))
    token = "an-operations-token"
    changes = {"WEB_CONCURRENCY": "2", "OPERATIONS_TOKEN": token}
    served = serving(GUNICORN, executed=True, **changes).ready()
    address = "http://{}:{}".format(*served.address)

    def counting_workers() -> int:
        files = [path for path in (metrics / "web").glob("counter_*.db") if path.stat().st_size]
        return sum(b"theme.css" in path.read_bytes() for path in files)

    sent = 0
    while counting_workers() < 2:
        assert sent < 1200, "one worker answered every request"
        assert [served.status("/sites/shop/theme.css") for _ in range(30)] == [200] * 30
        sent += 30
    for _ in range(6):
        seen = scrape(address, token)
        assert seen("http_requests_total", route="/sites/<site_id>/theme.css") == sent
    assert not (metrics / "web" / "counter_999999.db").exists()
    assert (metrics / "jobs" / "counter_999999.db").exists()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"LOG_LEVEL": "LOUD", "SECRET_KEY": "short"}, ["LOG_LEVEL", "SECRET_KEY"]),
        pytest.param(
            {"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"},
            ["DATABASE_URL"],
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_gunicorn_with_wrong_settings_reports_all_in_one_message(
    serving: Serving, changes: dict[str, str], named: list[str]
) -> None:
    served = serving(GUNICORN, **changes)
    assert served.process.wait(timeout=60) == 1
    assert "Traceback" not in served.log
    assert [served.log.count(f"{name} ") for name in named] == [1] * len(named)


def test_serve_on_unmigrated_postgresql_exits(serving: Serving) -> None:
    """Other nodes may use the database, so starting a server never changes it."""
    served = serving(SERVE, DATABASE_URL=shared().new_database(migrated=False))
    assert served.process.wait(timeout=60) == 1
    assert "run `python -m webapp database upgrade`" in served.log
    assert "Traceback" not in served.log


def test_serve_with_relative_instance_dir_and_empty_web_concurrency_shares_it_with_jobs(
    serving: Serving, installed: Installation, root: Path
) -> None:
    elsewhere = installed.folder / "elsewhere"
    elsewhere.mkdir()
    changes = {"INSTANCE_DIR": "state", "PYTHONPATH": str(root), "WEB_CONCURRENCY": ""}
    served = serving(SERVE, elsewhere, executed=True, **changes)
    served.ready()
    eventually(lambda: "jobs_started" in served.log, seconds=30)
    made = {path.name for path in (elsewhere / "state").iterdir()}
    assert {"mobbscan-embed.sqlite3", "jobs.sqlite3", "executor-id"} <= made
    modes = {path.stat().st_mode & 0o777 for path in (elsewhere / "state").rglob("*")}
    assert modes == {0o600, 0o700}, "files, and the metrics folders"


def test_deleted_database_file_is_reported_and_not_recreated(
    serving: Serving, installed: Installation
) -> None:
    served = serving(SERVE).ready()
    path = Path(installed.settings.database_url.removeprefix("sqlite:///"))
    away = path.with_suffix(".away")
    path.rename(away)
    eventually(lambda: served.status("/readyz") == 503)
    assert not path.exists()
    away.rename(path)
    eventually(lambda: served.status("/readyz") == 200)


def test_worker_command_without_database_exits(installed: Installation) -> None:
    """A restarted jobs process would create an empty file in its place."""
    path = Path(installed.settings.database_url.removeprefix("sqlite:///"))
    assert not path.exists()
    ended = subprocess.run(
        [sys.executable, "-m", "webapp", "worker"],
        env=installed.process_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "DATABASE_URL names a file that does not exist" in ended.stderr
    assert not path.exists()
