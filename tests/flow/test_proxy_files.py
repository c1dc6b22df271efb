"""deploy/Caddyfile and deploy/nginx.conf in front of an upstream that records what arrives."""

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.caddy import Caddy
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.nginx import Nginx
from tests.support.proxied_stack import TLS, get
from tests.support.proxy import DEPLOY, ROOT, Proxy
from tests.support.recording_upstream import (
    BROKEN_OFF,
    FILE,
    FILE_BYTES,
    SILENT,
    STREAM,
    RecordingUpstream,
    running_upstream,
)

PATHS_WITH_SECRETS = ("/verify/handoff?token=the-secret", "/verify/return/the-secret")
Start = Callable[..., AbstractContextManager[Proxy]]


@dataclass(frozen=True)
class ProxyFile:
    """A proxy, its file, and the changes of the file that tests need."""

    kind: type[Proxy]
    path: str
    short_timeout: Mapping[str, str]
    keepalive: str
    verbose: Mapping[str, str] = field(default_factory=dict)


CADDY = ProxyFile(
    Caddy,
    "Caddyfile",
    {"response_header_timeout 75s": "response_header_timeout 1s"},
    "\tkeepalive {}s\n",
    verbose={"\tgrace_period": "\tdebug\n\tgrace_period"},
)
NGINX = ProxyFile(
    Nginx,
    "nginx.conf",
    {"proxy_read_timeout    75s;": "proxy_read_timeout 1s;"},
    "    keepalive_timeout {}s;\n",
)
only_nginx = pytest.mark.parametrize(
    "file", [pytest.param(NGINX, marks=pytest.mark.needs("nginx"), id="nginx")]
)
only_caddy = pytest.mark.parametrize(
    "file", [pytest.param(CADDY, marks=pytest.mark.needs("caddy"), id="caddy")]
)


@pytest.fixture(
    params=[
        pytest.param(CADDY, marks=pytest.mark.needs("caddy"), id="caddy"),
        pytest.param(NGINX, marks=pytest.mark.needs("nginx"), id="nginx"),
    ]
)
def file(request: pytest.FixtureRequest) -> ProxyFile:
    found: ProxyFile = request.param
    return found


@pytest.fixture
def upstream() -> Iterator[RecordingUpstream]:
    with running_upstream() as running:
        yield running


@pytest.fixture
def start(file: ProxyFile, tmp_path: Path, upstream: RecordingUpstream) -> Start:
    """Return a function that runs the proxy; its argument changes the file."""

    def proxy(
        changes: Mapping[str, str] | None = None, address: str = upstream.address
    ) -> AbstractContextManager[Proxy]:
        return file.kind(tmp_path, free_addresses().shop, address, dict(changes or {}))

    return proxy


def test_proxy_reuses_connections_and_overwrites_forwarded_for(
    start: Start, upstream: RecordingUpstream
) -> None:
    with start() as proxy:
        for _ in range(20):
            answer = get(f"{proxy.url}/verify/", headers={"X-Forwarded-For": "6.6.6.6"})
            assert answer.text == "ok"
        assert upstream.connections == 1
        assert not upstream.closed.is_set()
    assert {each["x-forwarded-for"] for each in upstream.headers} == {"127.0.0.1"}
    assert {each.get("connection") for each in upstream.headers} == {None}


def test_proxy_closes_idle_connections_before_the_server(
    start: Start, upstream: RecordingUpstream, file: ProxyFile
) -> None:
    """Otherwise the proxy could send a request on a connection that is being closed."""
    line = re.escape(file.keepalive).replace(r"\{\}", r"(\d+)")
    (kept,) = re.findall(line, (DEPLOY / file.path).read_text())
    server = re.findall(r"^keepalive = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.M)
    assert int(kept) < int(server[0])
    with start({file.keepalive.format(kept): file.keepalive.format(1)}) as proxy:
        assert get(f"{proxy.url}/verify/").text == "ok"
        assert upstream.closed.wait(15)


def test_proxy_large_download_is_not_buffered_on_disk(
    start: Start, upstream: RecordingUpstream
) -> None:
    with start() as proxy:
        with httpx.stream("GET", proxy.url + FILE, verify=TLS, trust_env=False) as answer:
            pieces = answer.iter_raw(65536)
            size = len(next(pieces))
            _wait_until_stalled(upstream)
            assert upstream.sent < FILE_BYTES * 2 / 3, "the proxy buffers unread data"
            assert proxy.on_disk == []
            size += sum(map(len, pieces))
        assert size == FILE_BYTES


def _wait_until_stalled(upstream: RecordingUpstream) -> None:
    last = -1

    def is_stalled() -> bool:
        nonlocal last
        before, last = last, upstream.sent
        return before == last

    eventually(is_stalled, seconds=30, every=0.5)


@only_nginx
def test_proxy_large_download_with_buffering_is_on_disk(
    start: Start, upstream: RecordingUpstream
) -> None:
    """Control of the test above."""
    buffered = {"proxy_max_temp_file_size 0;": "", "proxy_buffering off;": "proxy_buffering on;"}
    with (
        start(buffered) as proxy,
        httpx.stream("GET", proxy.url + FILE, verify=TLS, trust_env=False) as answer,
    ):
        pieces = answer.iter_raw(65536)  # keeps the connection open
        assert next(pieces)
        eventually(lambda: upstream.sent == FILE_BYTES, seconds=30)
        assert proxy.on_disk != []


def test_proxy_sends_an_event_before_the_response_ends(start: Start) -> None:
    with start() as proxy:
        assert _first_line(proxy, seconds=15) == "data: first"


@only_nginx
def test_proxy_with_buffering_holds_events_back(start: Start) -> None:
    """Control of the test above."""
    buffered = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    with start({"proxy_buffering off;": buffered}) as proxy, pytest.raises(httpx.ReadTimeout):
        _first_line(proxy, seconds=2)


def _first_line(proxy: Proxy, seconds: float) -> str:
    with httpx.stream(
        "GET", proxy.url + STREAM, verify=TLS, trust_env=False, timeout=seconds
    ) as answer:
        return next(answer.iter_lines())


def test_proxy_closed_stream_is_closed_upstream(start: Start, upstream: RecordingUpstream) -> None:
    with start() as proxy:
        with httpx.stream("GET", proxy.url + STREAM, verify=TLS, trust_env=False) as answer:
            lines = answer.iter_lines()  # keeps the connection open
            assert next(lines) == "data: first"
            assert not upstream.closed.is_set()
        assert upstream.closed.wait(10)


@only_caddy
def test_proxy_open_stream_does_not_delay_shutdown(
    start: Start, upstream: RecordingUpstream
) -> None:
    """A proxy that does not exit fails at the end of its block."""
    with ExitStack() as reader:
        with start({"grace_period 10s": "grace_period 1s"}) as proxy:
            stream = httpx.stream("GET", proxy.url + STREAM, verify=TLS, trust_env=False)
            lines = reader.enter_context(stream).iter_lines()
            assert next(lines) == "data: first"
        assert upstream.closed.wait(10)


def test_proxy_unreachable_server_is_503_without_secrets_in_the_log(
    start: Start, file: ProxyFile
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with start(file.verbose, f"127.0.0.1:{unused.getsockname()[1]}") as proxy:
            for path in PATHS_WITH_SECRETS:
                _assert_retry_later(get(proxy.url + path))
            notice = f"{proxy.url}/verify/webhooks/mobbscan"
            _assert_retry_later(httpx.post(notice, json={}, verify=TLS, trust_env=False))
    assert proxy.logs
    assert "the-secret" not in proxy.logs


def test_proxy_unresponsive_server_is_503_without_secrets_in_the_log(
    start: Start, file: ProxyFile, upstream: RecordingUpstream
) -> None:
    with start({**file.verbose, **file.short_timeout}) as proxy:
        _assert_retry_later(get(proxy.url + SILENT))
        assert upstream.closed.wait(10)
    assert "the-secret" not in proxy.logs


def _assert_retry_later(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert answer.text.strip() == "Please try again in a few seconds."


def test_proxy_truncated_response_is_truncated_without_secrets_in_the_log(
    start: Start, file: ProxyFile
) -> None:
    with start(file.verbose) as proxy, pytest.raises(httpx.RemoteProtocolError):
        get(proxy.url + BROKEN_OFF)
    assert "the-secret" not in proxy.logs
