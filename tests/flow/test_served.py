"""The server as gunicorn runs it: alone, from elsewhere, and against those who do not go on."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import GUNICORN, SERVE, Serving
from tests.support.postgres import shared
from tests.support.prometheus import scrape
from tests.unit.cli.installation import Installation
from webapp.server.worker import REQUEST_TIMEOUT_SECONDS


def test_gunicorn_alone_brings_the_database_up_to_date(
    serving: Serving, installed: Installation
) -> None:
    serving(GUNICORN).ready()
    modes = {path.stat().st_mode & 0o777 for path in installed.settings.instance_dir.rglob("*")}
    assert modes == {0o600, 0o700}, "files, and the folders of what is counted"


def test_an_empty_number_of_workers_counts_as_unset(serving: Serving) -> None:
    serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="").ready()


def test_gunicorn_alone_counts_over_its_workers_and_leaves_the_jobs_counts_alone(
    serving: Serving, installed: Installation
) -> None:
    metrics = installed.settings.instance_dir / "metrics"
    for part in ("web", "jobs"):
        (metrics / part).mkdir(parents=True)
        (metrics / part / "counter_999999.db").write_bytes(bytes(4096))
    token = "a-token-of-those-who-run-it"
    served = serving(GUNICORN, WEB_CONCURRENCY="2", OPERATIONS_TOKEN=token).ready()
    address = "http://{}:{}".format(*served.address)

    def workers_that_count() -> int:
        files = [path for path in (metrics / "web").glob("counter_*.db") if path.stat().st_size]
        return sum(b"theme.css" in path.read_bytes() for path in files)

    sent = 0
    while workers_that_count() < 2:
        assert sent < 1200, "one worker has answered everything"
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
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, ["DATABASE_URL"]),
    ],
)
def test_gunicorn_alone_says_what_is_wrong_in_one_message(
    serving: Serving, changes: dict[str, str], named: list[str]
) -> None:
    served = serving(GUNICORN, **changes)
    assert served.process.wait(timeout=60) == 1
    assert "Traceback" not in served.log
    assert [served.log.count(f"{name} ") for name in named] == [1] * len(named)


def test_a_shared_database_that_is_not_up_to_date_waits_for_its_operator(serving: Serving) -> None:
    """Others may be at work on it: no server changes it by being started."""
    served = serving(SERVE, DATABASE_URL=shared().new_database(migrated=False))
    assert served.process.wait(timeout=60) == 1
    assert "run `python -m webapp database upgrade`" in served.log
    assert "Traceback" not in served.log


def test_the_level_of_the_log_may_come_from_a_file(
    serving: Serving, installed: Installation
) -> None:
    level = installed.folder / "level"
    level.write_text("warning\n")
    served = serving(GUNICORN, LOG_LEVEL_FILE=str(level)).ready()
    assert served.log == "", "nothing to warn of"


def test_web_and_jobs_mean_the_same_relative_folder(
    serving: Serving, installed: Installation, root: Path
) -> None:
    elsewhere = installed.folder / "elsewhere"
    elsewhere.mkdir()
    served = serving(SERVE, elsewhere, INSTANCE_DIR="state", PYTHONPATH=str(root))
    served.ready()
    eventually(lambda: "jobs_started" in served.log, seconds=30)
    made = {path.name for path in (elsewhere / "state").iterdir()}
    assert {"mobbscan-embed.sqlite3", "jobs.sqlite3", "executor-id"} <= made
    modes = {path.stat().st_mode & 0o777 for path in (elsewhere / "state").rglob("*")}
    assert modes == {0o600, 0o700}, "files, and the folders of what is counted"


def test_a_database_file_deleted_while_running_is_said_and_not_made_anew(
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


def test_the_jobs_never_make_a_database(installed: Installation) -> None:
    """Started anew while the file is gone, they would make an empty one in its place."""
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


HALF = {
    "a body": b"POST /handoff HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nt",
    "a header": b"GET /healthz HTTP/1.1\r\nHost: local",
}


@contextmanager
def dripping(crowd: list[socket.socket]) -> Iterator[None]:
    """Each of them sends a byte now and then, as long as it is listened to."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.3):
            for one in crowd:
                with suppress(OSError):
                    one.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    over.set()
    thread.join()


#: What each of the crowd says, in turn, and whether some go on to say a byte now and then.
SAYING = {
    "bodies byte by byte, and half headers": ([HALF["a body"], HALF["a header"]], [True, False]),
    "a body byte by byte": ([HALF["a body"]], [True]),
    "half a header": ([HALF["a header"]], [False]),
    "half a body": ([HALF["a body"]], [False]),
    "a header byte by byte": ([HALF["a header"]], [True]),
}


@pytest.mark.parametrize(
    ("halves", "drips"),
    [
        pytest.param(*saying, id=name, marks=() if len(saying[0]) > 1 else pytest.mark.nightly)
        for name, saying in SAYING.items()
    ],
)
def test_those_who_do_not_go_on_keep_nobody_out_for_long(
    serving: Serving, halves: list[bytes], drips: list[bool]
) -> None:
    served = serving([*SERVE, "--no-jobs"]).ready()
    with ExitStack() as crowd:
        slow = []
        # Of each kind many more than there are threads.
        for half, drip in islice(cycle(zip(halves, drips, strict=True)), 300):
            one = crowd.enter_context(socket.create_connection(served.address, timeout=10))
            one.sendall(half)
            if drip:
                slow.append(one)
        crowd.enter_context(dripping(slow))
        time.sleep(0.5)
        assert served.status("/healthz", seconds=REQUEST_TIMEOUT_SECONDS + 20) == 200
        assert served.status("/healthz", seconds=5) == 200, "all of them are gone at once"


def test_somebody_slow_is_heard_out(serving: Serving) -> None:
    served = serving([*SERVE, "--no-jobs"]).ready()
    with socket.create_connection(served.address, timeout=20) as slow:
        body = b"token=" + b"x" * 20
        slow.sendall(
            b"POST /handoff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n"
        )
        for byte in body:
            time.sleep(0.15)
            slow.sendall(bytes([byte]))
        answer = slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401 "), "all of it arrived, and it is no hand-off"
