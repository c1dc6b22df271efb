"""Event streams of a real server: more than threads, slots per user, HTTP/1.0, open files."""

import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.event_source_clients import EventSourceClients
from tests.support.eventually import eventually
from tests.support.gunicorn_server import GUNICORN, SERVE, UNREACHABLE_URL, GunicornServer, Serving
from tests.support.server_processes import child_processes_of
from tests.support.signed_in_users import SignedInUser, change_status, create_signed_in_users
from tests.unit.cli.installation import Installation
from webapp.domain.onboarding import Status
from webapp.wiring import Components

#: More than the 64 threads of a worker.
CI_SIZE = 150

#: Runs a Python command with a soft limit of 256 open files.
WITH_FEW_FILES = """
import os, resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("waiting"), UNREACHABLE_URL, WEB_CONCURRENCY="1")


@pytest.fixture(scope="module")
def served(shared: Installation, root: Path) -> Iterator[GunicornServer]:
    command = [*SERVE, "--no-jobs"]
    log = shared.folder / "server.log"
    with GunicornServer(shared.process_environment(), command, root, log) as served:
        yield served.ready()


@pytest.fixture
def parts(shared: Installation, served: GunicornServer) -> Iterator[Components]:
    with shared.parts() as parts:
        yield parts


def open_streams_of(
    parts: Components, served: GunicornServer, count: int
) -> tuple[list[SignedInUser], EventSourceClients]:
    waiting = create_signed_in_users(parts.database, parts.settings, count)
    return waiting, EventSourceClients(served.address, [each.request() for each in waiting])


def worker(served: GunicornServer) -> int:
    (pid,) = child_processes_of(served.process.pid)
    return pid


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.parametrize("count", [CI_SIZE, pytest.param(5000, marks=pytest.mark.nightly)])
def test_more_streams_than_threads_are_served(
    served: GunicornServer, parts: Components, count: int
) -> None:
    pid = worker(served)
    before = open_files(pid)
    waiting, crowd = open_streams_of(parts, served, count)
    with crowd:
        eventually(lambda: crowd.waiting == count, seconds=300)
        assert open_files(pid) >= before + count
        assert threads(pid) <= 64 + 16, "request threads and a few others"
        assert served.status("/healthz", seconds=5) == 200
        changed = crowd.browsers[count // 2]
        change_status(parts.database, waiting[count // 2].onboarding_id, Status.VERIFIED)
        eventually(lambda: changed.seen["status"] == "verified")
        assert [each for each in crowd.browsers if each.seen["status"] == "verified"] == [changed]
        assert not crowd.refused
    # Database connections are open files too, and stay.
    eventually(lambda: open_files(pid) < before + count // 2, seconds=30)


def test_closed_stream_frees_its_slot(served: GunicornServer, parts: Components) -> None:
    (ada,) = create_signed_in_users(parts.database, parts.settings, 1)

    def stream() -> bytes:
        connection = socket.create_connection(served.address, timeout=10)
        connection.sendall(ada.request())
        connections.append(connection)
        return connection.recv(65536)[9:12]

    connections: list[socket.socket] = []
    try:
        assert [stream() for _ in range(4)] == [b"200"] * 4
        assert stream() == b"204", "the limit of one user"
        connections[0].close()
        eventually(lambda: stream() == b"200")
    finally:
        for each in connections:
            each.close()


def test_stream_response_closes_its_connection(served: GunicornServer, parts: Components) -> None:
    """The worker reads no further request from it."""
    (ada,) = create_signed_in_users(parts.database, parts.settings, 1)
    with socket.create_connection(served.address, timeout=10) as connection:
        connection.sendall(ada.request())
        head, _, _ = connection.recv(65536).lower().partition(b"\r\n\r\n")
    assert b"\r\nconnection: close\r\n" in head
    assert b"\r\ntransfer-encoding: chunked\r\n" in head


def test_stream_over_http_1_0_is_not_chunked(served: GunicornServer, parts: Components) -> None:
    (ada,) = create_signed_in_users(parts.database, parts.settings, 1)
    with socket.create_connection(served.address, timeout=10) as connection:
        connection.sendall(ada.request().replace(b"HTTP/1.1", b"HTTP/1.0"))
        received = b""
        while b"data: {" not in received:
            received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body.startswith(b"retry: 2000\n\nid: 1\ndata: {")


def test_gunicorn_raises_its_open_file_limit(serving: Serving) -> None:
    served = serving(["-c", WITH_FEW_FILES, *GUNICORN]).ready()
    limits = Path(f"/proc/{worker(served)}/limits").read_text()
    (allowed,) = [line.split()[3] for line in limits.splitlines() if "open files" in line]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert int(allowed) == min(hard, 65_536)
