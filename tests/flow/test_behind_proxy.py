"""A server behind Caddy and nginx with their files of deploy/: paths, streams, limits, headers."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.caddy import Caddy
from tests.support.nginx import Nginx
from tests.support.proxied_stack import TLS, ProxiedStack, running_proxied_stack
from tests.support.stack import Person
from tests.support.user_journey import force_outcome, start_onboarding


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(Caddy, marks=pytest.mark.needs("caddy"), id="caddy"),
        pytest.param(Nginx, marks=pytest.mark.needs("nginx"), id="nginx"),
    ],
)
def front(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Iterator[ProxiedStack]:
    folder = tmp_path_factory.mktemp("proxied")
    with running_proxied_stack(request.param, folder, database_kind) as front:
        yield front


def test_onboarding_behind_proxy_with_path_prefix_is_verified(front: ProxiedStack) -> None:
    walk = start_onboarding(front.stack, Person("ada-behind-a-proxy", "Ada Lovelace", "en"))
    assert walk.page.url.startswith(f"{front.proxy.url}/verify/onboardings/")
    cookies = walk.browser.client.cookies.jar
    assert {(each.path, each.secure) for each in cookies} == {("/verify", True)}
    assert walk.return_url.startswith(f"{front.proxy.url}/verify/return/")
    walk.finish("passes")
    walk.until("verified", seconds=30)


def test_stream_behind_proxy_sends_events_at_once(front: ProxiedStack) -> None:
    walk = start_onboarding(
        front.stack, Person("ada-who-waits-behind-a-proxy", "Ada Lovelace", "en")
    )
    with walk.browser.client.stream("GET", f"{walk.url}/stream", timeout=30) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert '"started"' in next(events)
        force_outcome(front.stack, walk.id, "passes")
        changed_at = time.monotonic()
        for event in events:
            if '"verified"' in event:
                break
        assert time.monotonic() - changed_at < 30, "before the stream ends"


def test_body_size_behind_proxy_is_limited(front: ProxiedStack) -> None:
    assert _send(front, 60 * 1024) == (204, True)
    for _ in range(5):
        assert _send(front, 66 * 1024) == (413, True), "refused by the server"
    for size in (200 * 1024, 1024 * 1024, 8 * 1024 * 1024):
        assert _send(front, size) == (413, False), "refused by the proxy"
    for _ in range(3):
        status, _ours = _send(front, 8 * 1024 * 1024, chunked=True)
        assert status == 413, "refused by either"
    assert front.proxy.on_disk == []


def _send(front: ProxiedStack, size: int, *, chunked: bool = False) -> tuple[int, bool]:
    """Send a notice of this size; return the status and whether the server itself answered."""
    notice = {"verificationId": "0f5a1c1e-3333-4222-8333-444455556666", "status": "VERIFIED"}
    body = json.dumps({**notice, "more": "x" * (size - 100)}).encode()
    answer = httpx.post(
        f"{front.stack.public_url}/webhooks/mobbscan",
        content=iter([body]) if chunked else body,
        headers={**front.stack.webhook_headers, "Content-Type": "application/json"},
        verify=TLS,
        trust_env=False,
    )
    return answer.status_code, "Request-Id" in answer.headers


def test_handoff_of_maximal_length_passes_the_proxy(front: ProxiedStack) -> None:
    longest = 8100
    token = front.stack.handoff_token("ada", state="s")
    room = longest - len("GET /verify/handoff?token= HTTP/1.1") - len(token)
    long = front.stack.handoff_token("ada", state="s" * (room * 3 // 4))
    assert 7500 < len(long) < longest
    cookies = {"Cookie": f"large={'c' * 4000}; larger={'c' * 4000}"}
    answer = front.get("/handoff", params={"token": long}, headers=cookies)
    assert "Request-Id" in answer.headers, answer
    assert answer.status_code in (303, 401)


def test_forged_host_headers_behind_proxy_are_ignored(front: ProxiedStack) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for host in ({}, {"Host": "evil.example"}):
        for path in ("", "/", "/onboardings/0f5a1c1e-3333-4222-8333-444455556666", "/nowhere"):
            answer = front.get(path, headers={**forged, **host})
            assert answer.status_code < 500
            assert "evil" not in answer.text
            assert "evil" not in str(answer.headers)


def test_metrics_behind_proxy_are_404(front: ProxiedStack) -> None:
    bearer = f"Bearer {front.stack.instance.secret('operations_token')}"
    for path in ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/metrics?more"):
        answer = front.get(path, headers={"Authorization": bearer})
        assert (answer.status_code, "Request-Id" in answer.headers) == (404, False), path
