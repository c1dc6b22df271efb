"""A server with DATA_KEYS that cannot open the stored data does not start or reload."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.test_reload_invalid_settings import SECONDS, log_lines, workers_of
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.gunicorn_server import GUNICORN, SERVE, Serving
from tests.support.server_processes import jobs_process_of
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.store.errors import WrongKey
from webapp.wiring import check_database

WORKER = ["-m", "webapp", "worker"]
FIX = "bring back the key it was sealed with"


def store_sealed_data(installed: Installation) -> None:
    """Migrate the database and store the generated key that a start tries to open."""
    installed.upgrade()
    with installed.parts() as parts:
        parts.steps.admit._deps.subject_hash("shop", "ada")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(SERVE, id="serve", marks=pytest.mark.nightly),
        pytest.param(GUNICORN, id="gunicorn"),
        pytest.param(WORKER, id="worker"),
    ],
)
def test_start_with_wrong_data_keys_fails_and_names_the_fix(
    installed: Installation, root: Path, command: list[str]
) -> None:
    store_sealed_data(installed)
    bind = [] if command == WORKER else ["--bind", f"127.0.0.1:{free_addresses().server}"]
    ended = subprocess.run(
        [sys.executable, *command, *bind],
        cwd=root,
        env={**installed.process_environment(), "DATA_KEYS": ANOTHER_KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert FIX in ended.stderr
    assert "Traceback" not in ended.stderr


def test_rekey_after_changed_secret_key_makes_database_usable(
    installed: Installation, root: Path
) -> None:
    """Without DATA_KEYS the key of the data is derived from SECRET_KEY."""
    old = installed.environ["SECRET_KEY"]
    del installed.environ["DATA_KEYS"]
    store_sealed_data(installed)
    installed.environ["SECRET_KEY"] = "another one: thirty-two characters and more"
    with pytest.raises(WrongKey):
        check_database(installed.settings)
    subprocess.run(
        [sys.executable, "-m", "webapp", "database", "rekey"],
        cwd=root,
        env={**installed.process_environment(), "SECRET_KEY_FALLBACKS": json.dumps([old])},
        timeout=60,
        check=True,
    )
    check_database(installed.settings)


def test_reload_with_wrong_data_keys_is_rejected(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    store_sealed_data(installed)
    keys = tmp_path / "data_keys"
    keys.write_text(right := installed.environ["DATA_KEYS"])
    served = serving(SERVE, DATA_KEYS=None, DATA_KEYS_FILE=str(keys)).ready()
    eventually(lambda: log_lines(served, "jobs_started"), seconds=SECONDS)
    before = workers_of(served)

    keys.write_text(ANOTHER_KEY)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: FIX in str(log_lines(served, "config_reload_rejected")), seconds=SECONDS)
    assert workers_of(served) == before, "the old workers stay"
    assert served.status("/readyz") == 200

    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: FIX in str(log_lines(served, "jobs_start_failed")), seconds=SECONDS)
    keys.write_text(right)
    eventually(lambda: len(log_lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert all(line.startswith("{") for line in served.log.splitlines())
