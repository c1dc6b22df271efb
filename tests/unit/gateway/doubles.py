"""Test doubles and sample data of the gateway tests: clients, tokens, responses and files."""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.memory_token_cache import MemoryTokenCache
from webapp.gateway import (
    Budgets,
    CreateRequest,
    EvidenceStream,
    Gateway,
    GatewayOptions,
    Limits,
    Token,
)

BASE = "https://gateway.test"
API_KEY = "key-marker-7f3a"
API_SECRET = "secret-marker-91bc"
ADAS_PROCESS = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
BENS_PROCESS = "0b6f9f0a-1111-4222-8333-444455556666"
#: The largest time budget in which no read is repeated.
UNREPEATED_SECONDS = 1.4
HOSTED = f"{BASE}/onboarding/{ADAS_PROCESS}"
ONBOARDING_TOKEN = "b7e1d1b0-2c2f-4f8a-8f3e-6f1f0a9d4e21"

Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 10, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class Recorder:
    """Gives the responses in turn, the last one repeatedly, and records the requests."""

    def __init__(self, *responses: httpx.Response) -> None:
        self._answers = list(responses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


def token(value: str, at: datetime | None = None, life_seconds: float = 900) -> Token:
    at = at or datetime.now(UTC)
    return Token(value, at, at + timedelta(seconds=life_seconds))


def jwt(**claims: object) -> str:
    """A token as the gateway might issue it; the signature is not checked."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'HS512'})}.{part(claims)}.c2lnbmF0dXJl"


def options(base_url: str = BASE, **changes: Any) -> GatewayOptions:
    return GatewayOptions(base_url=base_url, api_key=API_KEY, api_secret=API_SECRET, **changes)


def tokens_holding(value: str, obtained_seconds_ago: float = 60) -> MemoryTokenCache:
    at = datetime.now(UTC) - timedelta(seconds=obtained_seconds_ago)
    # Valid for a day: some modules create their client when tests are collected.
    return MemoryTokenCache(token(value, at, life_seconds=86_400))


def gateway(handler: Handler, held: str = "held-token", **changes: Any) -> Gateway:
    """A client over a mock transport, with a recent token and no time for repeating a read."""
    tokens = tokens_holding(held, obtained_seconds_ago=1)
    budgets = Budgets(*[UNREPEATED_SECONDS] * 7)
    return Gateway(options(**changes), tokens, httpx.MockTransport(handler), budgets)


def gateway_at(
    base_url: str,
    seconds: float = 5,
    budgets: Budgets | None = None,
    limits: Limits | None = None,
    **changes: Any,
) -> Gateway:
    """A client over real sockets, with the same time budget for every call unless given."""
    budgets = budgets or Budgets(*[seconds] * 7)
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    return Gateway(options(base_url, **changes), tokens, budgets=budgets, limits=limits)


def read_all(opened: AbstractContextManager[EvidenceStream]) -> bytes:
    """Return all bytes of a file."""
    with opened as evidence:
        return b"".join(evidence.chunks)


def adas_request(**changes: Any) -> CreateRequest:
    return CreateRequest(scan_id=ADAS_PROCESS, **changes)


def created_response(**changes: Any) -> dict[str, Any]:
    created = {"scanId": ADAS_PROCESS, "onboardingToken": ONBOARDING_TOKEN, "url": HOSTED}
    return {**created, **changes}


def process_response(**changes: Any) -> dict[str, Any]:
    return {"scanId": ADAS_PROCESS, "verificationResult": "VERIFIED", **changes}


# Small files with the right signatures.
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(300)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 4
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(300)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4 + b"%%EOF"
ZIP = b"PK\x03\x04" + bytes(range(256)) * 4

FILES = {"image": JPEG, "recording": MP4, "pdf": PDF, "zip": ZIP}
MEMBERS = {"image": "image", "recording": "image", "pdf": "pdfDocument", "zip": "zip"}
OPENED: dict[str, Callable[[Gateway], AbstractContextManager[EvidenceStream]]] = {
    "image": lambda client: client.image(ADAS_PROCESS, "document_front"),
    "recording": lambda client: client.recording(ADAS_PROCESS, "video_liveness"),
    "pdf": lambda client: client.pdf(ADAS_PROCESS),
    "zip": lambda client: client.zip(ADAS_PROCESS),
}

CHANGES: dict[str, Callable[[Gateway], object]] = {
    "accept": lambda client: client.accept(ADAS_PROCESS),
    "reject": lambda client: client.reject(ADAS_PROCESS, "blurred"),
    "send_to_review": lambda client: client.send_to_review(ADAS_PROCESS),
    "delete": lambda client: client.delete(ADAS_PROCESS),
}
EVIDENCE: dict[str, Callable[[Gateway], object]] = {
    kind: lambda client, opened=opened: read_all(opened(client)) for kind, opened in OPENED.items()
}

# Every call of the client, by its name in test ids.
CALLS: dict[str, Callable[[Gateway], object]] = {
    "log_in": lambda client: client.log_in(),
    "create": lambda client: client.create(adas_request()),
    "read": lambda client: client.read(ADAS_PROCESS),
    **CHANGES,
    **EVIDENCE,
}
