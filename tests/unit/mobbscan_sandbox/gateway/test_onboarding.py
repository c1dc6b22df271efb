"""`POST /onboarding`: what it takes, what it gives, what it refuses."""

import uuid
from typing import Any

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.eventually import eventually
from tests.support.gateway import IMPATIENT, Company, Controls

CHOSEN = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"


def test_an_empty_object_is_enough(company: Company, gateway: RunningGateway) -> None:
    created = company.create()
    assert set(created) == {"scanId", "onboardingToken", "url"}
    assert uuid.UUID(created["scanId"]) != uuid.UUID(created["onboardingToken"])
    assert created["url"] == f"{gateway.url}/onboarding/{created['scanId']}"


def test_the_chosen_id_is_kept(company: Company) -> None:
    assert company.create(scanId=CHOSEN)["scanId"] == CHOSEN


def test_every_documented_field_is_taken(company: Company, controls: Controls) -> None:
    company.create(
        scanId=CHOSEN,
        countryId="ESP",
        docType="IDCard",
        redirectUrl="https://shop.test/back?order=81",
        verificationExtraData={"customerRef": "C-0042"},
        somethingNew=True,
    )
    seen = controls.get(f"/processes/{CHOSEN}")
    assert (seen["country_id"], seen["doc_type"]) == ("ESP", "IDCard")
    assert seen["redirect_url"] == "https://shop.test/back?order=81"
    assert seen["extra_data"] == {"customerRef": "C-0042"}


def test_null_and_an_empty_redirect_count_as_absent(company: Company, controls: Controls) -> None:
    created = company.create(scanId=None, countryId=None, redirectUrl="")
    assert controls.get(f"/processes/{created['scanId']}")["redirect_url"] is None


@pytest.mark.parametrize(
    "wanted",
    [
        {"scanId": "xxxx-xxxx-xxxx-xxxx"},
        {"scanId": CHOSEN.replace("-", "")},
        {"scanId": 7},
        {"docType": "Card"},
        {"docType": "idcard"},
        {"docType": ["IDCard"]},
        {"docSpecificType": ""},
        {"docSpecificType": 4},
        {"countryId": "ES"},
        {"countryId": "esp"},
        {"countryId": 34},
        {"redirectUrl": "/back"},
        {"redirectUrl": "//shop.test/back"},
        {"redirectUrl": "ftp://shop.test/"},
        {"redirectUrl": "javascript:alert(1)"},
        {"redirectUrl": "https://"},
        {"redirectUrl": "http://[::1"},
        {"redirectUrl": 5},
        {"verificationExtraData": []},
        {"verificationExtraData": {"age": 18}},
        {"verificationExtraData": {"nested": {}}},
    ],
)
def test_wrong_fields_are_400(company: Company, wanted: dict[str, Any]) -> None:
    assert company.http.post("/onboarding", json=wanted).status_code == 400


@pytest.mark.parametrize("content", [b"", b"[]", b'"x"', b"{'a': 1}"])
def test_a_body_that_is_no_json_object_is_400(company: Company, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = company.http.post("/onboarding", content=content, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_400(company: Company, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    answer = company.http.post("/onboarding", content=b"{}", headers=headers)
    assert answer.status_code == 400


def test_a_charset_in_the_media_type_is_fine(company: Company) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert company.http.post("/onboarding", content=b"{}", headers=headers).status_code == 200


def test_an_id_is_good_once_even_after_deletion_and_in_capitals(company: Company) -> None:
    company.create(scanId=CHOSEN)
    company.delete(CHOSEN)
    for again in (CHOSEN, CHOSEN.upper()):
        assert company.http.post("/onboarding", json={"scanId": again}).status_code == 400


def test_both_documented_paths_create(company: Company) -> None:
    assert company.http.post("/onboarding/token", json={"scanId": CHOSEN}).status_code == 200
    assert company.data(CHOSEN).status_code == 200


def test_the_answer_can_be_held_while_the_process_exists(
    company: Company, controls: Controls
) -> None:
    controls.switch(hold_create_ms=10_000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.post("/onboarding", json={"scanId": CHOSEN}, timeout=IMPATIENT)
    eventually(lambda: controls.get("/processes")["processes"])
    assert controls.get(f"/processes/{CHOSEN}")["state"] == "CREATED"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/onboarding", 405),
        ("PUT", "/onboarding", 405),
        ("OPTIONS", "/onboarding", 405),
        ("GET", "/auth/token", 405),
        ("GET", "/nothing", 404),
        ("POST", "/mobbscan-agent/nothing", 404),
    ],
)
def test_unknown_routes_and_methods(company: Company, method: str, path: str, status: int) -> None:
    answer = company.http.request(method, path)
    assert answer.status_code == status
    if status == 405:
        assert "POST" in answer.headers["Allow"]
