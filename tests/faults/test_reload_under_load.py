"""Reloads and stops a server under load: requests, notices and open event streams.

`tests.support.load_clients.LoadClients` defines failed requests. An event stream has failed if it
is refused or ends without its final chunk.
"""

import json
import os
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.conftest import ReportLine
from tests.support.event_source_clients import EventSourceClients
from tests.support.eventually import eventually
from tests.support.gunicorn_server import SERVE, GunicornServer, Serving
from tests.support.load_clients import LoadClients, RepeatedRequest, seconds_until
from tests.support.server_processes import child_processes_of
from tests.support.signed_in_users import create_signed_in_users
from tests.unit.cli.installation import Installation
from webapp.wiring import Components

#: Time limit for the end of the old workers on a busy machine.
EXIT_SECONDS = 30
STREAMS = 30
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


def load_requests(parts: Components) -> list[RepeatedRequest]:
    """Return requests of busy and idle browsers and of notice senders, with and without reuse."""
    ada, *idle = create_signed_in_users(parts.database, parts.settings, 9)
    status = f"/onboardings/{ada.onboarding_id}/status"
    return [
        RepeatedRequest("GET", status, {"Cookie": ada.cookie}),
        RepeatedRequest("GET", status, {"Cookie": ada.cookie}, keeps=False),
        RepeatedRequest("POST", "/webhooks/mobbscan", HEADERS, notice),
        RepeatedRequest("POST", "/webhooks/mobbscan", HEADERS, notice, keeps=False),
        # Long pauses: a request may meet an idle connection that is being closed.
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
    """Reload the server; return the seconds until the old workers are gone."""
    old = set(child_processes_of(served.process.pid))
    served.process.send_signal(signal.SIGHUP)
    return seconds_until(
        lambda: not old & set(child_processes_of(served.process.pid)), EXIT_SECONDS
    )


@pytest.mark.parametrize(
    ("waiting", "requests", "reloads"),
    [(30, 150, 1), pytest.param(1000, 300_000, 20, marks=pytest.mark.nightly)],
)
def test_reload_under_load_fails_no_request(
    served: GunicornServer,
    parts: Components,
    report_line: ReportLine,
    waiting: int,
    requests: int,
    reloads: int,
) -> None:
    clients = EventSourceClients(
        served.address,
        [
            each.request()
            for each in create_signed_in_users(parts.database, parts.settings, waiting)
        ],
    )
    durations = []
    with clients, LoadClients(served.address, load_requests(parts)) as load:
        eventually(lambda: clients.waiting == waiting, seconds=120)
        for number in range(1, reloads + 1):
            share = requests * number // (reloads + 1)
            eventually(lambda share=share: load.answers.total() >= share, seconds=1800)
            durations.append(reload(served))
            eventually(
                lambda number=number: (
                    clients.streams >= waiting * (number + 1) and clients.waiting == waiting
                ),
                seconds=120,
            )
        eventually(lambda: load.answers.total() >= requests, seconds=1800)
    report_line(f"{load.answers.total()} requests: {dict(load.answers)}, {load.resent} resent")
    report_line(f"{clients.streams} streams of {waiting} browsers in {reloads} reloads")
    report_line(f"old workers gone after {', '.join(f'{each:.1f}' for each in durations)} seconds")
    assert load.failed == {}
    assert (clients.broken, clients.unanswered, dict(clients.refused)) == (0, 0, {})
    with parts.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar()
    assert stored == load.answers["204"], "each acknowledged notice is stored once"


def test_stopping_worker_answers_half_received_requests(
    serving: Serving, parts: Components
) -> None:
    """A reload sends SIGTERM too, after the new worker has started, which may take long."""
    served = serving([*SERVE, "--no-jobs"], WEB_CONCURRENCY="1").ready()
    (old,) = child_processes_of(served.process.pid)
    (ada,) = create_signed_in_users(parts.database, parts.settings, 1)
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as connections:

        def connect() -> socket.socket:
            return connections.enter_context(socket.create_connection(served.address, timeout=20))

        kept, new, silent = connect(), connect(), connect()
        kept.sendall(whole)
        assert b" 200 " in receive_health_answer(kept)
        for each in (kept, new):
            each.sendall(whole[:20])
        with EventSourceClients(served.address, [ada.request()]) as clients:
            eventually(lambda: clients.waiting == 1)
            os.kill(old, signal.SIGTERM)
            eventually(lambda: clients.ended == 1)
        assert old in child_processes_of(served.process.pid), "stopping, not yet ended"
        for each in (kept, new):
            each.sendall(whole[20:])
            answer = receive_health_answer(each)
            assert b" 200 " in answer
            assert b"\r\nConnection: close\r\n" in answer
            assert each.recv(1) == b""
        assert silent.recv(1) == b"", "a silent connection is closed"
    seconds_until(lambda: old not in child_processes_of(served.process.pid), EXIT_SECONDS)


def receive_health_answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"ok\n"):
        more = connection.recv(65536)
        assert more, f"it ended with {answer!r}"
        answer += more
    return answer


def test_stop_ends_all_event_streams_cleanly(
    served: GunicornServer, parts: Components, report_line: ReportLine
) -> None:
    waiting = create_signed_in_users(parts.database, parts.settings, STREAMS)
    with EventSourceClients(served.address, [each.request() for each in waiting]) as clients:
        eventually(lambda: clients.waiting == STREAMS, seconds=60)
        served.process.send_signal(signal.SIGTERM)
        seconds = seconds_until(lambda: served.process.poll() is not None, EXIT_SECONDS)
        eventually(lambda: clients.waiting == 0)
        report_line(f"stopped after {seconds:.1f} seconds")
        assert served.process.returncode == 0
        assert (clients.ended, clients.broken, clients.unanswered) == (STREAMS, 0, 0)
