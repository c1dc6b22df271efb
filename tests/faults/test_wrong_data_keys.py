"""A server whose DATA_KEYS open nothing of what is stored: it would seal what nobody else opens."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.test_reload_invalid_settings import SECONDS, lines, workers_of
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.gunicorn_server import GUNICORN, SERVE, Serving
from tests.support.server_processes import jobs_process_of
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.store.errors import WrongKey
from webapp.wiring import check_database

WORKER = ["-m", "webapp", "worker"]
CURE = "bring back the key it was sealed with"


def begun(installed: Installation) -> None:
    """A first start has made the key that is tried."""
    installed.upgrade()
    with installed.parts() as parts:
        parts.steps.admit._deps.subject_hash("shop", "ada")


@pytest.mark.parametrize("command", [SERVE, GUNICORN, WORKER], ids=["serve", "gunicorn", "worker"])
def test_it_does_not_start(installed: Installation, root: Path, command: list[str]) -> None:
    begun(installed)
    listening = [] if command == WORKER else ["--bind", f"127.0.0.1:{free_addresses().server}"]
    ended = subprocess.run(
        [sys.executable, *command, *listening],
        cwd=root,
        env={**installed.process_environment(), "DATA_KEYS": ANOTHER_KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert CURE in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_secret_key_that_strangers_know_is_changed_while_all_are_stopped(
    installed: Installation, root: Path
) -> None:
    """The data's key is derived from it, so what is stored is sealed anew before the next start."""
    old = installed.environ["SECRET_KEY"]
    del installed.environ["DATA_KEYS"]
    begun(installed)
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


def test_edited_while_it_runs_they_are_not_taken(
    serving: Serving, installed: Installation, tmp_path: Path
) -> None:
    begun(installed)
    keys = tmp_path / "data_keys"
    keys.write_text(good := installed.environ["DATA_KEYS"])
    served = serving(SERVE, DATA_KEYS=None, DATA_KEYS_FILE=str(keys)).ready()
    eventually(lambda: lines(served, "jobs_started"), seconds=SECONDS)
    before = workers_of(served)

    keys.write_text(ANOTHER_KEY)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: CURE in str(lines(served, "config_reload_rejected")), seconds=SECONDS)
    assert workers_of(served) == before, "the old ones stay"
    assert served.status("/readyz") == 200

    jobs = jobs_process_of(served.process.pid)
    assert jobs is not None
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: CURE in str(lines(served, "jobs_not_started")), seconds=SECONDS)
    keys.write_text(good)
    eventually(lambda: len(lines(served, "jobs_started")) == 2, seconds=SECONDS)
    assert all(line.startswith("{") for line in served.log.splitlines())
