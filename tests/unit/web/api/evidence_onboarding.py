"""An onboarding of the shop whose evidence a test chooses, and the gateway that has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.evidence_gateway import (
    ID,
    JSON_FORM,
    PATHS,
    Answer,
    EvidenceGateway,
    running_evidence_gateway,
    wrapped,
)
from tests.unit.web.api.conftest import Api, key_of
from webapp.domain.evidence import EvidenceView
from webapp.domain.onboarding import Mode, Onboarding, Status

DATA = f"/mobbscan-agent/getVerificationProcessData/{ID}"
#: The address below `/onboardings` of each kind.
ADDRESSES = {
    "image": "images/document_front",
    "recording": "recordings/video_liveness",
    "pdf": "pdf",
    "zip": "zip",
}
MEDIA_TYPES = {
    "image": "image/jpeg",
    "recording": "video/mp4",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


@dataclass
class Evidence:
    """What the gateway answers: process data, and files by path, by default all four kinds.

    With `form` it knows this `Accept` alone. `before_answer` is called once.
    """

    form: str | None = None
    url: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(
        default_factory=lambda: {path: wrapped(kind) for kind, path in PATHS.items()}
    )

    before_answer: Callable[[], object] | None = None

    def __call__(self, path: str, accept: str) -> Answer:
        if self.before_answer is not None:
            self.before_answer()
            self.before_answer = None
        if path == DATA:
            body = {"scanId": ID, "verificationResult": "VERIFIED", **self.data}
            return Answer(200, json.dumps(body).encode(), JSON_FORM)
        if self.form is not None and accept != self.form:
            return Answer(406)
        return self.answers.get(path, Answer(404))

    def list_all(self) -> None:
        """Let process data list the four kinds."""
        urls = {kind: f"{self.url}{path}" for kind, path in PATHS.items()}
        self.data |= {
            "images": [urls["image"]],
            "recordings": [urls["recording"]],
            "pdfUrl": urls["pdf"],
            "certificatedZipUrl": urls["zip"],
        }


def add_onboarding(app: Flask, site: str = "shop", **fields: Any) -> Onboarding:
    """Store a verified onboarding with the id of the gateway's process."""
    now = datetime.now(UTC)
    standard: dict[str, Any] = {
        "id": ID,
        "status": Status.VERIFIED,
        "create_calls": 1,
        "gateway_status": "VERIFIED",
        "submitted_at": now,
        "decided_at": now,
    }
    with app.extensions["wired"].database.writing() as work:
        person = work.people.admit(site, "ada", "hash of ada", now, name=None, locale=None)
        row = Onboarding(
            **{
                **standard,
                "person_id": person.id,
                "site": site,
                "flow": "default",
                "attempt": 1,
                "mode": Mode.IFRAME,
                "locale": "en",
                "livemode": False,
                "created_at": now,
                "updated_at": now,
                "expires_at": now + timedelta(hours=48),
                **fields,
            }
        )
        work.onboardings.add(row)
    return row


def views(app: Flask) -> list[EvidenceView]:
    with app.extensions["wired"].database.reading() as work:
        return work.evidence_views.of(ID)


def alarms(app: Flask) -> dict[str, str]:
    with app.extensions["wired"].database.reading() as work:
        return work.alarms.details()


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


@pytest.fixture
def gateway(evidence: Evidence) -> Iterator[EvidenceGateway]:
    with running_evidence_gateway(evidence) as running:
        evidence.url = running.url
        yield running


@pytest.fixture
def gateway_url(gateway: EvidenceGateway) -> str:
    return gateway.url


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app, key_of("evidence"))


def get(api: Api, kind: str, method: str = "GET", **more: Any) -> Any:
    """Read a file; unless `buffered` is False, to its end."""
    more.setdefault("buffered", True)
    return api.call(method, f"/onboardings/{ID}/{ADDRESSES[kind]}", **more)


def listed(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/onboardings/{ID}/evidence").get_json()
    return found
