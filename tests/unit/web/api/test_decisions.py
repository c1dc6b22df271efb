"""Decisions over HTTP: input, answers and problems; the gateway cannot be reached."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.store.rows import changed
from tests.unit.web.api.conftest import ALL_SCOPES, BANK, Api
from webapp.domain.errors import (
    CaseChanged,
    DecisionImpossible,
    DecisionRefused,
    GatewayForbidden,
    GatewayUnavailable,
)
from webapp.domain.onboarding import Status
from webapp.gateway.personal_data import WIRE_NAMES
from webapp.web.api.input_models import PersonalData

MARK = "Zyxwv"


@pytest.fixture
def api(api: Api) -> Api:
    """The gateway is not waited for."""
    api.key = ALL_SCOPES
    api.app.extensions["steps"].decision._confirmation_seconds = 0
    return api


@pytest.fixture
def in_review(api: Api) -> str:
    """Return the id of an onboarding that waits for a decision."""
    id_: str = api.create().get_json()["id"]
    with api.app.extensions["wired"].database.writing() as work:
        row = work.onboardings.get(id_, for_update=True)
        after = changed(row, status=Status.IN_REVIEW, create_calls=1)
        work.onboardings.save(after, was=row.version)
    return id_


def test_corrections_have_the_keys_of_the_contract() -> None:
    assert PersonalData.model_fields.keys() == WIRE_NAMES.keys()
    assert len(WIRE_NAMES) == 20


def test_accept_without_a_gateway_is_answered_202_and_can_be_read(api: Api, in_review: str) -> None:
    path = f"/onboardings/{in_review}"
    assert api.get(f"{path}/decision").status_code == 404
    sent = {"personal_data": {"name": MARK, "date_of_birth": "1990-12-31"}, "version": 1}
    answer = api.post(f"{path}/accept", json=sent)
    body = answer.get_json()
    assert answer.status_code == 202
    assert {name: body[name] for name in ("onboarding", "kind", "state", "outcome")} == {
        "onboarding": in_review,
        "kind": "accept",
        "state": "open",
        "outcome": None,
    }
    assert body["corrections"] == {"name": None, "date_of_birth": None}
    read = api.get(f"{path}/decision")
    assert read.get_json() == body
    assert read.headers["Cache-Control"] == "no-store"
    assert MARK not in answer.text
    in_progress = api.post(f"{path}/reject", json={"comment": MARK}).get_json()
    assert (in_progress["code"], in_progress["decision"]) == ("decision_in_progress", "accept")
    assert in_progress["onboarding_status"] == "in_review"


def test_decision_repeated_with_its_key_gets_the_first_answer(api: Api, in_review: str) -> None:
    call: dict[str, Any] = {"json": {"comment": MARK}, "headers": {"Idempotency-Key": "one"}}
    first = api.post(f"/onboardings/{in_review}/reject", **call)
    again = api.post(f"/onboardings/{in_review}/reject", **call)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.get_json() == again.get_json()
    call["json"] = {"comment": "other"}
    assert api.post(f"/onboardings/{in_review}/reject", **call).status_code == 422


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("reject", {}, "comment"),
        ("reject", {"comment": "  "}, "comment"),
        ("reject", {"comment": "x" * 1001}, "comment"),
        ("reject", {"comment": "no", "reason": "ugly"}, "reason"),
        ("reject", {"comment": "no", "personal_data": {"name": MARK}}, "personal_data"),
        ("accept", {"version": "1"}, "version"),
        ("accept", {"version": 0}, "version"),
        ("accept", {"personal_data": {"nationality": MARK}}, "personal_data.nationality"),
        (
            "accept",
            {"personal_data": {"date_of_birth": "31/12/1990"}},
            "personal_data.date_of_birth",
        ),
        ("review", {"personal_data": {"name": ""}}, "personal_data.name"),
        ("review", {"personal_data": {"mrz": "A\u0000"}}, "personal_data.mrz"),
        ("review", {"personal_data": MARK}, "personal_data"),
        ("review", {"comment": "no"}, "comment"),
    ],
)
def test_decision_with_unusable_input_names_the_field_and_stores_nothing(
    api: Api, in_review: str, kind: str, body: dict[str, Any], field: str
) -> None:
    answer = api.post(f"/onboardings/{in_review}/{kind}", json=body)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, field)
    assert MARK not in answer.text
    assert api.get(f"/onboardings/{in_review}/decision").status_code == 404


@pytest.mark.parametrize(
    ("error", "status", "members"),
    [
        (DecisionRefused(400, MARK), 422, {"code": "gateway_refused", "gateway_http_status": 400}),
        (
            DecisionImpossible(Status.REJECTED),
            409,
            {"code": "decision_impossible", "onboarding_status": "rejected"},
        ),
        (CaseChanged(Status.IN_REVIEW), 409, {"code": "case_changed"}),
        (GatewayForbidden(MARK), 502, {"code": "gateway_forbidden"}),
        (GatewayUnavailable(7), 503, {"code": "gateway_unavailable"}),
    ],
)
def test_error_of_a_decision_is_answered_with_its_problem(
    api: Api,
    in_review: str,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    members: dict[str, object],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(api.app.extensions["steps"].decision), "decide", fail)
    answer = api.post(f"/onboardings/{in_review}/accept")
    assert answer.status_code == status
    assert members.items() <= answer.get_json().items()
    assert MARK not in answer.text


def test_decision_of_another_sites_onboarding_is_404(api: Api) -> None:
    theirs = api.create(key=BANK).get_json()["id"]
    for kind, body in (("accept", {}), ("reject", {"comment": "no"}), ("review", {})):
        answer = api.post(f"/onboardings/{theirs}/{kind}", json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert api.get(f"/onboardings/{theirs}/decision").status_code == 404
    assert api.get(f"/onboardings/{theirs}/data").status_code == 404
    assert api.get(f"/onboardings/{theirs}?include=data").status_code == 404


def test_decision_before_the_user_has_finished_is_409(api: Api) -> None:
    made = api.create().get_json()["id"]
    answer = api.post(f"/onboardings/{made}/accept")
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (409, "decision_impossible")
    assert body["onboarding_status"] == "created"


def test_data_without_a_gateway_is_503_with_retry_after(api: Api, in_review: str) -> None:
    for path in ("/data", "?include=data"):
        answer = api.get(f"/onboardings/{in_review}{path}")
        assert (answer.status_code, answer.get_json()["code"]) == (503, "gateway_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    assert api.get(f"/onboardings/{in_review}").status_code == 200


def test_data_before_the_start_is_absent(api: Api) -> None:
    made = api.create().get_json()["id"]
    answer = api.get(f"/onboardings/{made}/data")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "data_absent")
    assert api.get(f"/onboardings/{made}?include=data").get_json()["data"] is None
    assert "data" not in api.get(f"/onboardings/{made}").get_json()


def test_include_of_something_else_and_in_a_list_is_422(api: Api, in_review: str) -> None:
    assert api.get(f"/onboardings/{in_review}?include=images").status_code == 422
    assert api.get("/onboardings?include=data").status_code == 422
