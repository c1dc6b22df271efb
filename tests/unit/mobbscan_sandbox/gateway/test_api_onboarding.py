"""`POST /auth/token` and `POST /onboarding`: fields, tokens and error bodies."""

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.eventually import eventually
from tests.support.gateway import IMPATIENT, KEY, SECRET, web

SCAN_ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
JSON_TYPE = {"Content-Type": "application/json"}
CREDENTIALS = {"api_key": KEY, "api_secret": SECRET}


@pytest.fixture
def token_url(gateway):
    return f"{gateway.url}/auth/token"


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": KEY, "api_secret": ""},
        {"api_key": KEY, "api_secret": 7},
        {"apiKey": KEY, "apiSecret": SECRET},
    ],
)
def test_token_with_missing_or_mistyped_credentials_is_400(token_url, body):
    assert web.post(token_url, json=body).status_code == 400


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"[]"])
def test_post_with_a_body_that_is_no_json_object_is_400(company, content):
    for path in ("/auth/token", "/onboarding"):
        answer = company.http.post(path, content=content, headers=JSON_TYPE)
        assert answer.status_code == 400


@pytest.mark.parametrize("media_type", ["text/plain", ""])
def test_create_with_another_media_type_is_400(company, media_type):
    headers = {"Content-Type": media_type}
    assert company.http.post("/onboarding", content=b"{}", headers=headers).status_code == 400


@pytest.mark.parametrize(("key", "secret"), [(KEY, "other"), ("other", SECRET), ("é", "ü")])
def test_token_with_wrong_credentials_is_401(token_url, key, secret):
    assert web.post(token_url, json={"api_key": key, "api_secret": secret}).status_code == 401


def test_token_with_disabled_credentials_is_403(token_url, controls):
    controls.switch(credentials_disabled=True)
    assert web.post(token_url, json=CREDENTIALS).status_code == 403


@pytest.mark.parametrize(
    ("switches", "valid_until"),
    [({}, 900), ({"token_ttl_seconds": 30}, 30), ({"token_dies_after_seconds": 60}, 60)],
)
def test_token_expires_after_the_time_that_the_switches_set(
    company, controls, make_process, switches, valid_until
):
    scan_id = make_process()
    controls.switch(**switches)
    company.log_in()
    # Tokens count in whole seconds, and the calls take their time.
    controls.switch(clock_offset_seconds=valid_until - 20)
    assert company.data(scan_id).status_code == 200
    controls.switch(clock_offset_seconds=valid_until)
    assert company.data(scan_id).status_code == 401


def test_revoked_token_is_401(company, controls):
    controls.post("/tokens/revoke")
    assert company.http.post("/onboarding", json={}).status_code == 401


def test_token_of_another_gateway_is_401(company):
    headers = {"Authorization": company.http.headers["Authorization"]}
    with RunningGateway(SandboxOptions(KEY, SECRET)) as other:
        assert web.post(f"{other.url}/onboarding", json={}, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("style", "media_type", "part"),
    [
        ("status", "application/json", '"status": "UNAUTHORIZED"'),
        ("spring", "application/json", '"path": "/auth/token"'),
        ("text", "text/plain", "wrong"),
        ("empty", "", ""),
    ],
)
def test_error_body_has_the_style_of_the_switch(token_url, controls, style, media_type, part):
    controls.switch(error_style=style)
    answer = web.post(token_url, json={"api_key": "x", "api_secret": "y"})
    assert answer.status_code == 401
    assert part in answer.text
    assert answer.headers.get("Content-Type", "").startswith(media_type)


def test_create_keeps_documented_fields_and_ignores_others(controls, make_process):
    address = "https://shop.test/back?order=81"
    scan_id = make_process(countryId="ESP", docType="IDCard", redirectUrl=address, new=True)
    process = controls.get(f"/processes/{scan_id}")
    assert (process["country_id"], process["doc_type"]) == ("ESP", "IDCard")
    assert process["redirect_url"] == address


def test_create_treats_null_and_an_empty_redirect_url_as_absent(controls, make_process):
    scan_id = make_process(scanId=None, countryId=None, redirectUrl="")
    assert controls.get(f"/processes/{scan_id}")["redirect_url"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"scanId": SCAN_ID.replace("-", "")},
        {"scanId": 7},
        {"docType": "idcard"},
        {"docSpecificType": ""},
        {"countryId": "ES"},
        {"countryId": "esp"},
        {"countryId": 34},
        {"redirectUrl": "//shop.test/back"},
        {"redirectUrl": "javascript:alert(1)"},
        {"redirectUrl": "https://"},
        {"redirectUrl": "http://[::1"},
        {"redirectUrl": 5},
        {"verificationExtraData": {"age": 18}},
    ],
)
def test_create_with_an_invalid_field_is_400(company, fields):
    assert company.http.post("/onboarding", json=fields).status_code == 400


def test_create_with_a_used_scan_id_is_400_also_after_deletion(company):
    company.create(scanId=SCAN_ID)
    company.delete(SCAN_ID)
    for again in (SCAN_ID, SCAN_ID.upper()):
        assert company.http.post("/onboarding", json={"scanId": again}).status_code == 400


def test_held_create_answer_comes_after_the_process_exists(company, controls):
    controls.switch(hold_create_ms=10_000)
    with pytest.raises(httpx.ReadTimeout):
        company.http.post("/onboarding", json={"scanId": SCAN_ID}, timeout=IMPATIENT)
    eventually(lambda: company.data(SCAN_ID).is_success)
