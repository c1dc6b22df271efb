"""The server is reloaded and stopped while many wait on live pages and others ask on and on.

What counts as failed stands at `tests.support.load_clients.LoadClients`; a waiting browser's
request has failed when its stream does not end as an answer ends, or when it is refused.
"""

import json
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.conftest import Tell
from tests.support.event_source_clients import EventSourceClients
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, GunicornServer, Serving
from tests.support.load_clients import LoadClients, RepeatedRequest, seconds_until
from tests.support.server_processes import child_processes_of
from tests.support.signed_in_users import create_signed_in_users
from tests.unit.cli.installation import Installation
from webapp.wiring import Components

#: Old workers are gone within seconds; machines of tests are busy. (gunicorn would wait for 10.)
GONE_SECONDS = 30
HEADERS = {"X-Notice-Key": "agreed", "Content-Type": "application/json"}


@pytest.fixture
def parts(installed: Installation) -> Iterator[Components]:
    with installed.parts() as parts:
        yield parts


@pytest.fixture
def served(serving: Serving) -> GunicornServer:
    return serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="2").ready()


def notice() -> bytes:
    return json.dumps({"verificationId": str(uuid.uuid4()), "status": "VERIFIED"}).encode()


def everybody(parts: Components) -> list[RepeatedRequest]:
    """Busy and idle browsers, and senders of notices, with and without kept connections."""
    ada, *idle = create_signed_in_users(parts.database, parts.settings, 9)
    status = f"/onboardings/{ada.onboarding_id}/status"
    return [
        RepeatedRequest("GET", status, {"Cookie": ada.cookie}),
        RepeatedRequest("GET", status, {"Cookie": ada.cookie}, keeps=False),
        RepeatedRequest("POST", "/webhooks/mobbscan", HEADERS, notice),
        RepeatedRequest("POST", "/webhooks/mobbscan", HEADERS, notice, keeps=False),
        # Their next request may come just when an idle connection is closed.
        *(
            RepeatedRequest(
                "GET",
                f"/onboardings/{each.onboarding_id}/status",
                {"Cookie": each.cookie},
                rests=(0.1, 2.5),
            )
            for each in idle
        ),
    ]


def reload(served: GunicornServer) -> float:
    """Until the old workers are gone (seconds)."""
    old = set(child_processes_of(served.process.pid))
    served.process.send_signal(signal.SIGHUP)
    return seconds_until(
        lambda: not old & set(child_processes_of(served.process.pid)), GONE_SECONDS
    )


@pytest.mark.parametrize(
    ("waiting", "requests", "reloads"),
    [(60, 300, 2), pytest.param(1000, 300_000, 20, marks=pytest.mark.nightly)],
)
def test_a_reload_under_load_fails_no_request(
    served: GunicornServer, parts: Components, tell: Tell, waiting: int, requests: int, reloads: int
) -> None:
    crowd = EventSourceClients(
        served.address,
        [
            each.request()
            for each in create_signed_in_users(parts.database, parts.settings, waiting)
        ],
    )
    took = []
    with crowd, LoadClients(served.address, everybody(parts)) as load:
        eventually(lambda: crowd.waiting == waiting, seconds=120)
        for number in range(1, reloads + 1):
            share = requests * number // (reloads + 1)
            eventually(lambda share=share: load.answers.total() >= share, seconds=1800)
            took.append(reload(served))
            eventually(
                lambda number=number: (
                    crowd.streams >= waiting * (number + 1) and crowd.waiting == waiting
                ),
                seconds=120,
            )
        eventually(lambda: load.answers.total() >= requests, seconds=1800)
    tell(f"{load.answers.total()} requests: {dict(load.answers)}, {load.resent} sent once more")
    tell(f"{crowd.streams} streams of {waiting} browsers in {reloads} reloads")
    tell(f"old workers gone after {', '.join(f'{each:.1f}' for each in took)} seconds")
    assert load.failed == {}
    assert (crowd.broken, crowd.unanswered, dict(crowd.refused)) == (0, 0, {})
    with parts.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar()
    assert kept == load.answers["204"], "each acknowledged notice is there, once"


def test_a_request_that_is_half_here_is_answered_by_the_old_worker(
    serving: Serving, parts: Components
) -> None:
    served = serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="1").ready()
    (old,) = child_processes_of(served.process.pid)
    (ada,) = create_signed_in_users(parts.database, parts.settings, 1)
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as lines:

        def line() -> socket.socket:
            return lines.enter_context(socket.create_connection(served.address, timeout=20))

        kept, new, silent = line(), line(), line()
        kept.sendall(whole)
        assert b" 200 " in answer(kept)
        for each in (kept, new):
            each.sendall(whole[:20])
        with EventSourceClients(served.address, [ada.request()]) as crowd:
            eventually(lambda: crowd.waiting == 1)
            served.process.send_signal(signal.SIGHUP)
            eventually(lambda: crowd.ended == 1, seconds=60)
        assert old in child_processes_of(served.process.pid), "told to stop, and not gone"
        for each in (kept, new):
            each.sendall(whole[20:])
            said = answer(each)
            assert b" 200 " in said
            assert b"\r\nConnection: close\r\n" in said
            assert each.recv(1) == b""
        assert silent.recv(1) == b"", "who says nothing does not hold up the end"
    seconds_until(lambda: old not in child_processes_of(served.process.pid), GONE_SECONDS)


def answer(line: socket.socket) -> bytes:
    """Up to the end of its few words."""
    said = b""
    while not said.endswith(b"ok\n"):
        more = line.recv(65536)
        assert more, f"it ended with {said!r}"
        said += more
    return said


def test_a_stop_says_goodbye_to_all_who_wait(
    served: GunicornServer, parts: Components, tell: Tell
) -> None:
    waiting = create_signed_in_users(parts.database, parts.settings, 60)
    with EventSourceClients(served.address, [each.request() for each in waiting]) as crowd:
        eventually(lambda: crowd.waiting == 60, seconds=60)
        served.process.send_signal(signal.SIGTERM)
        seconds = seconds_until(lambda: served.process.poll() is not None, GONE_SECONDS)
        eventually(lambda: crowd.waiting == 0)
        tell(f"stopped after {seconds:.1f} seconds")
        assert served.process.returncode == 0
        assert (crowd.ended, crowd.broken, crowd.unanswered) == (60, 0, 0)
