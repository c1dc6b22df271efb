"""What a proxy does with what passes through it, seen from its two sides."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.proxied_stack import TLS, get
from tests.support.proxy import ROOT, Proxy
from tests.support.recording_upstream import (
    BROKEN_OFF,
    FILE,
    FILE_BYTES,
    SILENT,
    STREAM,
    RecordingUpstream,
    running_upstream,
)

AWAY = ("/verify/handoff?token=the-secret", "/verify/return/the-secret")


@contextmanager
def in_front(
    kind: type[Proxy],
    folder: Path,
    upstream: RecordingUpstream,
    changes: dict[str, str] | None = None,
) -> Iterator[Proxy]:
    with kind(folder, free_addresses().shop, upstream.address, changes) as proxy:
        yield proxy


def connections_are_kept_and_the_clients_address_is_the_proxys_to_say(
    kind: type[Proxy], folder: Path
) -> None:
    with running_upstream() as upstream, in_front(kind, folder, upstream) as proxy:
        for _ in range(20):
            answer = get(f"{proxy.url}/verify/", headers={"X-Forwarded-For": "6.6.6.6"})
            assert answer.text == "ok"
        assert upstream.connections == 1
        assert not upstream.left.is_set()
    assert {each["x-forwarded-for"] for each in upstream.headers} == {"127.0.0.1"}
    assert {each.get("connection") for each in upstream.headers} == {None}


def an_idle_connection_is_given_up(
    kind: type[Proxy], folder: Path, changes: dict[str, str]
) -> None:
    """With `changes` that make its time short."""
    with running_upstream() as upstream, in_front(kind, folder, upstream, changes) as proxy:
        assert get(f"{proxy.url}/verify/").text == "ok"
        assert upstream.left.wait(15)


def a_file_waits_for_its_reader_and_not_on_the_disk(kind: type[Proxy], folder: Path) -> None:
    with running_upstream() as upstream, in_front(kind, folder, upstream) as proxy:
        with httpx.stream("GET", proxy.url + FILE, verify=TLS, trust_env=False) as answer:
            pieces = answer.iter_raw(65536)
            size = len(next(pieces))
            _stands_still(upstream)
            assert upstream.sent < FILE_BYTES * 2 / 3, "the proxy has taken in what nobody reads"
            assert proxy.on_disk == []
            size += sum(map(len, pieces))
        assert size == FILE_BYTES


def _stands_still(upstream: RecordingUpstream) -> None:
    last = -1

    def stands() -> bool:
        nonlocal last
        before, last = last, upstream.sent
        return before == last

    eventually(stands, seconds=30, every=0.5)


def an_event_comes_though_the_answer_has_not_ended(
    kind: type[Proxy], folder: Path, changes: dict[str, str] | None = None, patience: float = 15
) -> bool:
    with (
        running_upstream() as upstream,
        in_front(kind, folder, upstream, changes) as proxy,
        httpx.Client(verify=TLS, trust_env=False, timeout=patience) as client,
    ):
        try:
            with client.stream("GET", proxy.url + STREAM) as answer:
                return next(answer.iter_lines()) == "data: first"
        except httpx.ReadTimeout:
            return False


def who_leaves_a_live_page_is_let_go(kind: type[Proxy], folder: Path) -> None:
    """Long before the server would speak into the void."""
    with running_upstream() as upstream, in_front(kind, folder, upstream) as proxy:
        with httpx.stream("GET", proxy.url + STREAM, verify=TLS, trust_env=False) as answer:
            lines = answer.iter_lines()  # held, so that the connection is
            assert next(lines) == "data: first"
            assert not upstream.left.is_set()
        assert upstream.left.wait(10)


def a_live_page_does_not_hold_up_the_proxys_end(
    kind: type[Proxy], folder: Path, changes: dict[str, str]
) -> None:
    """With `changes` that make its patience short; a proxy that does not end fails by itself."""
    with running_upstream() as upstream, ExitStack() as reader:
        with in_front(kind, folder, upstream, changes) as proxy:
            stream = httpx.stream("GET", proxy.url + STREAM, verify=TLS, trust_env=False)
            lines = reader.enter_context(stream).iter_lines()
            assert next(lines) == "data: first"
        assert upstream.left.wait(10)


def while_the_server_is_away_people_are_told_to_come_back(
    kind: type[Proxy], folder: Path, changes: dict[str, str] | None = None
) -> str:
    """Gives what the logs say."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        upstream = RecordingUpstream(address=f"127.0.0.1:{nobody.getsockname()[1]}")
        with in_front(kind, folder, upstream, changes) as proxy:
            for path in AWAY:
                _is_told_to_come_back(get(proxy.url + path))
            notice = f"{proxy.url}/verify/webhooks/mobbscan"
            _is_told_to_come_back(httpx.post(notice, json={}, verify=TLS, trust_env=False))
    return proxy.logs


def a_server_that_does_not_answer_is_away(
    kind: type[Proxy], folder: Path, changes: dict[str, str]
) -> str:
    """With `changes` that make its time short; gives what the logs say."""
    with running_upstream() as upstream, in_front(kind, folder, upstream, changes) as proxy:
        _is_told_to_come_back(get(proxy.url + SILENT))
        assert upstream.left.wait(10)
    return proxy.logs


def _is_told_to_come_back(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert answer.text.strip() == "Please try again in a few seconds."


def an_answer_that_breaks_off_does(
    kind: type[Proxy], folder: Path, changes: dict[str, str] | None = None
) -> str:
    """Gives what the logs say."""
    with (
        running_upstream() as upstream,
        in_front(kind, folder, upstream, changes) as proxy,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        get(proxy.url + BROKEN_OFF)
    return proxy.logs


def seconds_the_server_keeps_a_connection() -> int:
    (seconds,) = re.findall(r"^keepalive = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.M)
    return int(seconds)
