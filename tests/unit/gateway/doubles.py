"""What the gateway tests share: one account, one process of Ada's, and a clock to turn."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from webapp.gateway import Budgets, CreateRequest, Gateway, GatewayOptions, MemoryTokenCache, Token

BASE = "https://gateway.test"
API_KEY = "key-marker-7f3a"
API_SECRET = "secret-marker-91bc"
ADAS_PROCESS = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
BENS_PROCESS = "0b6f9f0a-1111-4222-8333-444455556666"
HOSTED = f"{BASE}/onboarding/{ADAS_PROCESS}"
ONBOARDING_TOKEN = "b7e1d1b0-2c2f-4f8a-8f3e-6f1f0a9d4e21"

Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 10, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


def token(value: str, at: datetime | None = None, life_seconds: float = 900) -> Token:
    at = at or datetime.now(UTC)
    return Token(value, at, at + timedelta(seconds=life_seconds))


def jwt(**claims: object) -> str:
    """A token as the gateway might issue it; its signature is nobody's business here."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'HS512'})}.{part(claims)}.c2lnbmF0dXJl"


def options(base_url: str = BASE, **changes: Any) -> GatewayOptions:
    return GatewayOptions(base_url=base_url, api_key=API_KEY, api_secret=API_SECRET, **changes)


def tokens_holding(value: str, obtained_seconds_ago: float = 60) -> MemoryTokenCache:
    cache = MemoryTokenCache()
    at = datetime.now(UTC) - timedelta(seconds=obtained_seconds_ago)
    cache.get(lambda: token(value, at))
    return cache


def gateway(handler: Handler, held: str = "held-token", **changes: Any) -> Gateway:
    """A client over httpx's own double of the wire, with a token too young to be renewed.

    A second per call leaves no room for repeating a read.
    """
    tokens = tokens_holding(held, obtained_seconds_ago=1)
    budgets = Budgets(1, 1, 1, 1)
    return Gateway(options(**changes), tokens, httpx.MockTransport(handler), budgets)


def gateway_at(base_url: str, seconds: float = 5, **changes: Any) -> Gateway:
    """A client over real sockets, with the same small budget for every call."""
    budgets = Budgets(seconds, seconds, seconds, seconds)
    return Gateway(options(base_url, **changes), tokens_holding("held-token"), budgets=budgets)


def adas_request(**changes: Any) -> CreateRequest:
    return CreateRequest(scan_id=ADAS_PROCESS, **changes)


def created_answer(**changes: Any) -> dict[str, Any]:
    return {
        "scanId": ADAS_PROCESS,
        "onboardingToken": ONBOARDING_TOKEN,
        "url": HOSTED,
        **changes,
    }


def process_answer(**changes: Any) -> dict[str, Any]:
    return {"scanId": ADAS_PROCESS, "verificationResult": "VERIFIED", **changes}


# Every call there is, by the name a failing test should show.
CALLS: dict[str, Callable[[Gateway], object]] = {
    "log_in": lambda client: client.log_in(),
    "create": lambda client: client.create(adas_request()),
    "read": lambda client: client.read(ADAS_PROCESS),
    "send_to_review": lambda client: client.send_to_review(ADAS_PROCESS),
    "delete": lambda client: client.delete(ADAS_PROCESS),
}
