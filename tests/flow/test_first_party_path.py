"""deploy/nginx-first-party.conf: a website with its own headers, and the server below a path."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.gunicorn_server import SERVE, UNREACHABLE_URL, GunicornServer
from tests.support.nginx_first_party import FirstPartyNginx
from tests.support.proxied_stack import TLS, get
from tests.support.recording_upstream import (
    BROKEN_OFF,
    STREAM,
    RecordingUpstream,
    running_upstream,
)
from tests.unit.cli.installation import Installation

pytestmark = pytest.mark.needs("nginx")
WEBSITE_HEADERS = {
    "X-Frame-Options": ["DENY"],
    "Content-Security-Policy": ["default-src 'self'"],
    "Permissions-Policy": ["camera=(self), geolocation=()"],
}
NO_HEADERS: dict[str, list[str]] = {name: [] for name in WEBSITE_HEADERS}
STOP_INHERITANCE = {'        add_header X-Frame-Options "";': ""}


def security_headers(answer: httpx.Response) -> dict[str, list[str]]:
    return {name: answer.headers.get_list(name) for name in WEBSITE_HEADERS}


@dataclass(frozen=True)
class Recorded:
    nginx: FirstPartyNginx
    website: RecordingUpstream
    ours: RecordingUpstream


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Nginx in front of two upstreams that record what arrives."""
    folder = tmp_path_factory.mktemp("recorded")
    with running_upstream() as website, running_upstream() as ours:
        port = free_addresses().shop
        with FirstPartyNginx(folder, port, ours.address, website.address) as nginx:
            yield Recorded(nginx, website, ours)


@dataclass(frozen=True)
class RealServer:
    nginx: FirstPartyNginx
    server: GunicornServer
    installed: Installation
    website: RecordingUpstream
    port: int

    def direct(self, path: str) -> httpx.Response:
        return httpx.get("http://{}:{}{}".format(*self.server.address, path), trust_env=False)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Nginx in front of a website and a real server."""
    folder = tmp_path_factory.mktemp("real")
    port = free_addresses().shop
    public_url = f"https://localhost:{port}/verify"
    installed = Installation(
        folder, UNREACHABLE_URL, WEB_CONCURRENCY="1", PUBLIC_URL=public_url, TRUSTED_PROXY_HOPS="1"
    )
    with (folder / "sites.toml").open("a") as sites:
        sites.write(f'origins = ["https://localhost:{port}"]\n')
    (folder / "nginx").mkdir()
    with ExitStack() as parts:
        website = parts.enter_context(running_upstream())
        command = [*SERVE, "--no-jobs"]
        server = parts.enter_context(
            GunicornServer(
                installed.process_environment(), command, Path.cwd(), folder / "server.log"
            )
        )
        upstream = "{}:{}".format(*server.ready().address)
        nginx = FirstPartyNginx(folder / "nginx", port, upstream, website.address)
        yield RealServer(parts.enter_context(nginx), server, installed, website, port)


@pytest.mark.parametrize("path", ["/", "/account", "/verify-me", "/verifying/x"])
def test_other_paths_stay_with_the_website_and_its_headers(recorded: Recorded, path: str) -> None:
    before = len(recorded.website.headers), len(recorded.ours.headers)
    answer = get(recorded.nginx.url + path)
    assert security_headers(answer) == WEBSITE_HEADERS
    after = len(recorded.website.headers), len(recorded.ours.headers)
    assert after == (before[0] + 1, before[1])


@pytest.mark.parametrize("path", ["/verify", "/verify/", "/verify/embed/shop?display=inline"])
def test_paths_below_the_prefix_reach_the_server_with_the_address_of_the_client(
    recorded: Recorded, path: str
) -> None:
    answer = get(recorded.nginx.url + path, headers={"X-Forwarded-For": "6.6.6.6"})
    assert answer.text == "ok"
    assert recorded.ours.headers[-1]["x-forwarded-for"] == "127.0.0.1"
    assert security_headers(answer) == NO_HEADERS


@pytest.mark.parametrize("path", ["/verify/", "/verify/embed/shop", "/verify/static/base.css"])
def test_answers_of_the_server_keep_their_security_headers(real: RealServer, path: str) -> None:
    through_nginx = get(real.nginx.url + path)
    assert security_headers(through_nginx) == security_headers(real.direct(path))
    assert through_nginx.headers.get_list("Content-Security-Policy") != []


def test_without_its_add_header_the_website_changes_the_servers_policy(
    real: RealServer, tmp_path: Path
) -> None:
    """Control of the test above."""
    upstream = "{}:{}".format(*real.server.address)
    port, website = free_addresses().shop, real.website.address
    with FirstPartyNginx(tmp_path, port, upstream, website, STOP_INHERITANCE) as nginx:
        found = security_headers(get(f"{nginx.url}/verify/"))
    assert len(found["Content-Security-Policy"]) == 2


def test_report_through_the_path_is_counted_for_the_site(real: RealServer) -> None:
    def send(origin: str) -> int:
        address = f"{real.nginx.url}/verify/embed/shop/report"
        body = '{"code": "frame_silent", "display": "inline"}'
        headers = {"Origin": origin, "Content-Type": "text/plain;charset=UTF-8"}
        return httpx.post(
            address, content=body, headers=headers, verify=TLS, trust_env=False
        ).status_code

    assert send(f"https://localhost:{real.port}") == 204
    assert send("https://evil.example") == 403

    def counted() -> list[tuple[str, str, int]]:
        with real.installed.parts() as parts, parts.database.reading() as work:
            found = work.element_reports.of_site("shop", datetime.now(UTC))
        return [(each.code, each.display, each.count) for each in found]

    eventually(lambda: counted() == [("frame_silent", "inline", 1)])


def test_stream_is_sent_at_once_and_closed_with_the_reader(recorded: Recorded) -> None:
    recorded.ours.closed.clear()
    address = recorded.nginx.url + STREAM
    with httpx.stream("GET", address, verify=TLS, trust_env=False, timeout=15) as answer:
        lines = answer.iter_lines()
        began = time.monotonic()
        assert next(lines) == "data: first"
        assert time.monotonic() - began < 15
    assert recorded.ours.closed.wait(10)


def test_metrics_are_not_public(recorded: Recorded) -> None:
    before = len(recorded.ours.headers)
    assert get(f"{recorded.nginx.url}/verify/metrics").status_code == 404
    assert len(recorded.ours.headers) == before


def test_logs_hold_no_token_of_our_addresses(recorded: Recorded) -> None:
    get(f"{recorded.nginx.url}/verify/handoff?token=the-secret")
    with pytest.raises(httpx.RemoteProtocolError):
        get(recorded.nginx.url + BROKEN_OFF)
    eventually(lambda: "GET 200" in recorded.nginx.logs, seconds=10)
    assert "the-secret" not in recorded.nginx.logs


def test_server_that_is_down_is_503_and_the_website_stays(tmp_path: Path) -> None:
    with running_upstream() as website:
        unused = f"127.0.0.1:{free_addresses().server}"
        port = free_addresses().shop
        with FirstPartyNginx(tmp_path, port, unused, website.address) as nginx:
            answer = get(f"{nginx.url}/verify/handoff?token=the-secret")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert security_headers(answer) == NO_HEADERS
            assert get(nginx.url).status_code == 200
            assert "the-secret" not in nginx.logs
