"""What holds for the whole stack behind a proxy, at a path of a shop's own address."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.free_ports import free_addresses
from tests.support.proxy import Proxy
from tests.support.stack import Person, Stack
from tests.support.user_journey import force_outcome, start_onboarding

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True)
class ProxiedStack:
    proxy: Proxy
    stack: Stack

    def get(self, path: str, **more: object) -> httpx.Response:
        return get(f"{self.stack.public_url}{path}", **more)


def get(url: str, **more: object) -> httpx.Response:
    return httpx.get(url, verify=TLS, trust_env=False, **more)  # type: ignore[arg-type]


@contextmanager
def running_proxied_stack(kind: type[Proxy], folder: Path, database: str) -> Iterator[ProxiedStack]:
    port = free_addresses().shop
    stack = Stack(
        folder / "behind",
        database=database,
        environment={"PUBLIC_URL": f"https://localhost:{port}/verify", "TRUSTED_PROXY_HOPS": "1"},
        leave_out=("provider", "shop"),
    )
    (folder / "proxy").mkdir()
    upstream = f"127.0.0.1:{stack.addresses.server}"
    with stack, kind(folder / "proxy", port, upstream) as proxy:
        yield ProxiedStack(proxy, stack)


def ada_is_verified_at_a_path_of_the_shop(front: ProxiedStack) -> None:
    walk = start_onboarding(front.stack, Person("ada-behind-a-proxy", "Ada Lovelace", "en"))
    assert walk.page.url.startswith(f"{front.proxy.url}/verify/onboardings/")
    cookies = walk.browser.client.cookies.jar
    assert {(each.path, each.secure) for each in cookies} == {("/verify", True)}
    assert walk.return_url.startswith(f"{front.proxy.url}/verify/return/")
    walk.finish("passes")
    walk.until("verified", seconds=30)


def an_event_goes_out_at_once(front: ProxiedStack) -> None:
    walk = start_onboarding(
        front.stack, Person("ada-who-waits-behind-a-proxy", "Ada Lovelace", "en")
    )
    with walk.browser.client.stream("GET", f"{walk.url}/stream", timeout=30) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert '"started"' in next(events)
        force_outcome(front.stack, walk.id, "passes")
        told_at = time.monotonic()
        for event in events:
            if '"verified"' in event:
                break
        assert time.monotonic() - told_at < 30, "long before the stream has ended"


def what_is_too_large_is_refused_and_what_fits_goes_through(front: ProxiedStack) -> None:
    assert _send(front, 60 * 1024) == (204, True)
    for _ in range(5):
        assert _send(front, 66 * 1024) == (413, True), "the server itself"
    for size in (200 * 1024, 1024 * 1024, 8 * 1024 * 1024):
        assert _send(front, size) == (413, False), "the proxy"
    for _ in range(3):
        status, _ours = _send(front, 8 * 1024 * 1024, chunked=True)
        assert status == 413, "the proxy, or the server that has seen enough"
    assert front.proxy.on_disk == []


def _send(front: ProxiedStack, size: int, *, chunked: bool = False) -> tuple[int, bool]:
    """The answer to a notice of this size, and whether it comes from the server."""
    told = {"verificationId": "0f5a1c1e-3333-4222-8333-444455556666", "status": "VERIFIED"}
    body = json.dumps({**told, "more": "x" * (size - 100)}).encode()
    answer = httpx.post(
        f"{front.stack.public_url}/webhooks/mobbscan",
        content=iter([body]) if chunked else body,
        headers={**front.stack.webhook_headers, "Content-Type": "application/json"},
        verify=TLS,
        trust_env=False,
    )
    return answer.status_code, "Request-Id" in answer.headers


def the_longest_hand_off_and_the_largest_cookies_fit(front: ProxiedStack) -> None:
    longest = 8100
    token = front.stack.handoff_token("ada", state="s")
    room = longest - len("GET /verify/handoff?token= HTTP/1.1") - len(token)
    long = front.stack.handoff_token("ada", state="s" * (room * 3 // 4))
    assert 7500 < len(long) < longest
    cookies = {"Cookie": f"large={'c' * 4000}; larger={'c' * 4000}"}
    answer = front.get("/handoff", params={"token": long}, headers=cookies)
    assert "Request-Id" in answer.headers, answer
    assert answer.status_code in (303, 401)


def nobody_believes_what_is_said_of_the_host(front: ProxiedStack) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for host in ({}, {"Host": "evil.example"}):
        for path in ("", "/", "/onboardings/0f5a1c1e-3333-4222-8333-444455556666", "/nowhere"):
            answer = front.get(path, headers={**forged, **host})
            assert answer.status_code < 500
            assert "evil" not in answer.text
            assert "evil" not in str(answer.headers)


def metrics_are_not_for_the_world(front: ProxiedStack) -> None:
    bearer = f"Bearer {front.stack.instance.secret('operations_token')}"
    for path in ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/metrics?more"):
        answer = front.get(path, headers={"Authorization": bearer})
        assert (answer.status_code, "Request-Id" in answer.headers) == (404, False), path
