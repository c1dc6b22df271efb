"""Errors that are hard to cause at a running server: their answers are the guide's samples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.host_guide import HostGuide
from tests.unit.web.api.conftest import EXPIRED, Api, key_of
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotWritable
from webapp.web.limits import FAILURES_PER_MINUTE

IDEMPOTENT = {"Idempotency-Key": "one"}


def missing_scope(api: Api, _: pytest.MonkeyPatch) -> TestResponse:
    return api.get("/onboardings", key=key_of("data"))


def expired_key(api: Api, _: pytest.MonkeyPatch) -> TestResponse:
    return api.get("/onboardings", key=EXPIRED)


def too_many(api: Api, _: pytest.MonkeyPatch) -> TestResponse:
    for _each in range(FAILURES_PER_MINUTE):
        api.get("/onboardings", key=None)
    return api.get("/onboardings", key=None)


def in_flight(api: Api, _: pytest.MonkeyPatch) -> TestResponse:
    content = json.dumps(["POST", "/api/v1/onboardings/x/cancel", None])
    id_ = api.create().get_json()["id"]
    fingerprint = hashlib.sha256(content.replace("/x/", f"/{id_}/").encode()).hexdigest()
    api.app.extensions["steps"].host_api.idempotency.begin("shop", "one", fingerprint)
    return api.post(f"/onboardings/{id_}/cancel", headers=IDEMPOTENT)


def raising(error: Exception) -> Callable[[Api, pytest.MonkeyPatch], TestResponse]:
    def cause(api: Api, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(type(api.app.extensions["steps"].host_api.create), "create", fail)
        return api.create(headers=IDEMPOTENT)

    return cause


CAUSES: dict[str, Any] = {
    "missing_scope": missing_scope,
    "api_key_expired": expired_key,
    "too_many_requests": too_many,
    "idempotency_key_in_flight": in_flight,
    "internal_error": raising(RuntimeError("Zzyzx")),
    "gateway_forbidden": raising(GatewayForbidden("Zzyzx")),
    "gateway_unavailable": raising(GatewayUnavailable()),
    "not_writable": raising(NotWritable("Zzyzx")),
}


@pytest.mark.parametrize("code", CAUSES)
def test_problem_is_answered_as_the_sample_of_the_guide_says(
    api: Api, root: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    sample = HostGuide(root).problems()[code]
    answer = CAUSES[code](api, monkeypatch)
    body = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == sample["status"]
    assert sorted(body) == sorted(sample)
    for name in ("title", "status", "code", "detail"):
        assert body[name] == sample[name], name
    assert body["type"].endswith(f"/problems/{code}")
    assert ("Retry-After" in answer.headers) is ("Retry-After" in sample["detail"])
    assert "Zzyzx" not in answer.text
