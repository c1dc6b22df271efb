"""MessageClient: real requests to a real receiver."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.forward_proxy import ForwardProxy
from tests.support.message_receiver import (
    OLDER_SECRET,
    SECRET,
    MessageReceiver,
    Received,
    Response,
)
from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.hostsite import sender
from webapp.hostsite.sender import (
    KEPT_ANSWER_BYTES,
    Answer,
    MessageClient,
    PrivateAddress,
    Receiver,
    SendFailed,
    TimedOut,
)

BODY = '{"type":"ping","timestamp":"2026-11-30T12:00:00Z","data":{"name":"Zoë"}}'


@pytest.fixture
def client() -> Iterator[MessageClient]:
    made = MessageClient(lambda: datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        yield running


def send(client: MessageClient, url: str, *, allow_private: bool = True) -> Answer:
    return client.send(Receiver(url, (SECRET,), allow_private), "msg_1", BODY)


def test_send_delivers_the_body_unchanged_and_signed(
    client: MessageClient, receiver: MessageReceiver
) -> None:
    assert send(client, receiver.url).status == 204
    (received,) = receiver.received
    assert (received.id, received.body, receiver.refused) == ("msg_1", BODY, [])
    assert received.headers["content-type"] == "application/json; charset=utf-8"
    assert abs(int(received.timestamp) - received.at) < 5


def test_send_signs_with_all_secrets(client: MessageClient) -> None:
    for known in (SECRET, OLDER_SECRET):
        with MessageReceiver(known) as receiver:
            client.send(Receiver(receiver.url, (SECRET, OLDER_SECRET), True), "msg_1", BODY)
            assert len(receiver.received) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_send_private_address_is_refused_without_a_connection(
    client: MessageClient, host: str
) -> None:
    with RawServer(respond_with(b"secret")) as server:
        with pytest.raises(PrivateAddress):
            send(client, f"http://{host}:{server.port}/", allow_private=False)
        assert server.connections == 0


def test_send_open_connection_of_an_allowed_receiver_is_not_shared(
    client: MessageClient, receiver: MessageReceiver
) -> None:
    send(client, receiver.url, allow_private=True)
    with pytest.raises(PrivateAddress):
        send(client, receiver.url, allow_private=False)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_send_follows_no_redirect(
    client: MessageClient, receiver: MessageReceiver, status: int
) -> None:
    receiver.respond = lambda _: Response(status, {"Location": receiver.url})
    assert send(client, receiver.url).status == status
    assert len(receiver.received) == 1


def test_send_uses_no_proxy_of_the_environment(
    client: MessageClient, receiver: MessageReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(client, receiver.url).status == 204


def test_send_slow_receiver_times_out(
    client: MessageClient, receiver: MessageReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "ATTEMPT_SECONDS", 0.3)
    receiver.respond = lambda _: Response(seconds=2)
    with pytest.raises(TimedOut):
        send(client, receiver.url)


def test_send_closed_port_fails(client: MessageClient, receiver: MessageReceiver) -> None:
    url = receiver.url
    receiver.__exit__(None, None, None)
    with pytest.raises(SendFailed):
        send(client, url)


@pytest.mark.parametrize("size", [0, 10, 200, 201, 100_000, 5_000_000])
def test_send_keeps_the_beginning_of_the_answer(
    client: MessageClient, receiver: MessageReceiver, size: int
) -> None:
    receiver.respond = lambda _: Response(500, body=b"x" * size)
    answer = send(client, receiver.url)
    assert (answer.status, answer.body) == (500, "x" * min(size, KEPT_ANSWER_BYTES))


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("²", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2027 00:00:00 +999999999999999", None),
    ],
)
def test_send_reads_retry_after(
    client: MessageClient, receiver: MessageReceiver, stated: str, seconds: int | None
) -> None:
    def respond(_: Received) -> Response:
        return Response(503, {"Retry-After": stated})

    receiver.respond = respond
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert send(client, receiver.url).retry_after == wanted


def test_send_reads_retry_after_date(client: MessageClient, receiver: MessageReceiver) -> None:
    at = datetime.now(UTC) + timedelta(minutes=10)
    stated = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.respond = lambda _: Response(429, {"Retry-After": stated})
    found = send(client, receiver.url).retry_after
    assert found is not None
    assert timedelta(minutes=9) < found <= timedelta(minutes=10)


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as running:
        yield running


def test_send_with_proxy_goes_through_it(proxy: ForwardProxy, receiver: MessageReceiver) -> None:
    client = MessageClient(lambda: datetime.now(UTC), proxy=proxy.url)
    assert send(client, receiver.url).status == 204
    assert len(proxy.requests) == len(receiver.received) == 1
    client.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
        "2130706433",
        "127.1",
        "0x7f.1",
        "0",
        "localhost",
        "a.localhost",
    ],
)
def test_send_with_proxy_written_private_address_is_refused(proxy: ForwardProxy, host: str) -> None:
    client = MessageClient(lambda: datetime.now(UTC), proxy=proxy.url)
    with pytest.raises(PrivateAddress):
        send(client, f"http://{host}/", allow_private=False)
    assert proxy.requests == []
    client.close()


def test_send_beside_very_many_open_connections_is_not_delayed(
    client: MessageClient, receiver: MessageReceiver
) -> None:
    """A pool of limited size would let slow receivers delay all others."""
    with MessageReceiver() as slow:
        slow.respond = lambda _received: Response(seconds=4)
        threads = [
            threading.Thread(target=send, args=(client, slow.url), daemon=True) for _ in range(205)
        ]
        for each in threads:
            each.start()
        while len(slow.received) < 200:
            time.sleep(0.01)
        began = time.monotonic()
        send(client, receiver.url)
        assert time.monotonic() - began < 2
        for each in threads:
            each.join()


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"]
)
def test_send_to_a_receiver_of_endless_interim_responses_fails_early(
    client: MessageClient, interim: bytes
) -> None:
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as server:

        def respond() -> None:
            nonlocal sent
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                while sent < 100_000_000:
                    sent += connection.send(interim * 1000)

        thread = threading.Thread(target=respond)
        thread.start()
        with pytest.raises(SendFailed) as failure:
            send(client, f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert not isinstance(failure.value, TimedOut)
    assert sent < 100_000_000
