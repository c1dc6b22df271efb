"""pytest fixtures that run the gateway in a box, for the tests of a host site.

Add `pytest_plugins = ["mobbscan_sandbox.pytest_plugin"]` to a `conftest.py`.
docs/sandbox-in-tests.md has a complete example.
"""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.server import RunningGateway

__all__ = ["GatewayInABox", "mobbscan_gateway", "mobbscan_gateway_running"]


class GatewayInABox:
    """A running gateway and its control API. Methods raise `httpx.HTTPStatusError`."""

    def __init__(self, url: str, api_key: str, api_secret: str) -> None:
        self.url = url
        self.api_key = api_key
        self.api_secret = api_secret
        self._client = httpx.Client(base_url=f"{url}/_sandbox/api", trust_env=False, timeout=30)

    def send_notices_to(self, url: str | None, headers: dict[str, str] | None = None) -> None:
        """Set the webhook and the headers of every notice; `None` sends no notices."""
        self.control("PUT", "/webhook", {"url": url, "headers": headers or {}})

    def scenario(self, id: str, *, plays: str = "everything", pause_ms: int = 50) -> dict[str, Any]:  # noqa: A002
        """Select a scenario for the next created process; returns its expected end.

        `plays`: what the sandbox plays: `everything` (also the user), `gateway` or `nothing`.
        """
        body = {"plays": plays, "pause_ms": pause_ms}
        selected = self.control("POST", f"/scenarios/{id}", body)
        ends: dict[str, Any] = selected["ends"]
        return ends

    def wait_until_played(self, seconds: float = 10) -> None:
        """Return after the last step of the scenario; raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while not self.control("GET", "/scenarios/current")["finished"]:
            if time.monotonic() > deadline:
                raise TimeoutError("the scenario has not finished")
            time.sleep(0.02)

    def next_step(self) -> dict[str, Any]:
        """Run the gateway's next step of a scenario selected with `plays="nothing"`."""
        return self.control("POST", "/scenarios/current/next", {})

    def finish(self, id: str, outcome: str, *, reason: str | None = None) -> dict[str, Any]:  # noqa: A002
        """End a process without the hosted page: `passes`, `fails`, `PermissionError` …"""
        return self.control(
            "POST", f"/processes/{id}/outcome", {"outcome": outcome, "reason": reason}
        )

    def process(self, id: str) -> dict[str, Any]:  # noqa: A002
        """Return one process with its state, history and notices."""
        return self.control("GET", f"/processes/{id}")

    def processes(self) -> list[dict[str, Any]]:
        """Return all processes, newest first."""
        found: list[dict[str, Any]] = self.control("GET", "/processes")["processes"]
        return found

    def deliveries(self, id: str | None = None) -> list[dict[str, Any]]:  # noqa: A002
        """Return the notices of one process or of all, newest first, with their attempts."""
        where = "" if id is None else f"?verification_id={id}"
        found: list[dict[str, Any]] = self.control("GET", f"/deliveries{where}")["deliveries"]
        return found

    def switch(self, **switches: object) -> None:
        """Set switches of the gateway, for example `switch(latency_ms=500)`."""
        self.control("PATCH", "/switches", switches)

    def fail(self, at: str, kind: str, **more: object) -> None:
        """Add a fault, for example `fail("create", "status", status=503, times=1)`."""
        self.control("POST", "/faults", {"at": at, "kind": kind, **more})

    def reset(self) -> None:
        """Delete processes, notices and counters, reset switches and faults; keep the webhook."""
        self.control("POST", "/reset", {})

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Make any call of the control API below `/_sandbox/api`."""
        answer = self._client.request(method, path, json=body).raise_for_status()
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content

    def close(self) -> None:
        """Close the connections to the control API."""
        self._client.close()


@pytest.fixture(scope="session")
def mobbscan_gateway_running() -> Iterator[GatewayInABox]:
    """One gateway for the whole run, on a free port, with generated credentials."""
    options = SandboxOptions()
    with RunningGateway(options) as running:
        box = GatewayInABox(running.url, options.api_key, options.api_secret)
        yield box
        box.close()


@pytest.fixture
def mobbscan_gateway(mobbscan_gateway_running: GatewayInABox) -> Iterator[GatewayInABox]:
    """The gateway for one test, reset before and after it."""
    mobbscan_gateway_running.reset()
    yield mobbscan_gateway_running
    mobbscan_gateway_running.reset()
