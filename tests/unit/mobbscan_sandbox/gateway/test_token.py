"""`POST /auth/token` and what its tokens are good for."""

from typing import Any

import pytest

from mobbscan_sandbox.gateway import RunningGateway
from tests.support.gateway import KEY, SECRET, Company, Controls, web


@pytest.fixture
def url(gateway: RunningGateway) -> str:
    return f"{gateway.url}/auth/token"


def test_the_right_credentials_get_a_token_and_nothing_else(url: str) -> None:
    answer = web.post(url, json={"api_key": KEY, "api_secret": SECRET})
    assert answer.status_code == 200
    assert list(answer.json()) == ["accessToken"]
    assert answer.json()["accessToken"].count(".") == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"api_key": KEY},
        {"api_key": KEY, "api_secret": ""},
        {"api_key": KEY, "api_secret": 7},
        {"api_key": KEY, "api_secret": None},
        {"apiKey": KEY, "apiSecret": SECRET},
        [KEY, SECRET],
    ],
)
def test_missing_empty_and_mistyped_credentials_are_400(url: str, body: Any) -> None:
    assert web.post(url, json=body).status_code == 400


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json_is_400(url: str, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert web.post(url, content=content, headers=headers).status_code == 400


def test_a_form_is_400(url: str) -> None:
    assert web.post(url, data={"api_key": KEY, "api_secret": SECRET}).status_code == 400


@pytest.mark.parametrize(("key", "secret"), [(KEY, "other"), ("other", SECRET), ("é", "ü")])
def test_wrong_credentials_are_401(url: str, key: str, secret: str) -> None:
    assert web.post(url, json={"api_key": key, "api_secret": secret}).status_code == 401


def test_credentials_without_the_right_to_log_in_are_403(url: str, controls: Controls) -> None:
    controls.switch(credentials_disabled=True)
    assert web.post(url, json={"api_key": KEY, "api_secret": SECRET}).status_code == 403


def test_an_expired_token_is_401_until_the_next_log_in(
    company: Company, controls: Controls
) -> None:
    created = company.create()
    assert company.data(created["scanId"]).status_code == 200
    controls.switch(clock_offset_seconds=901)
    assert company.data(created["scanId"]).status_code == 401
    company.log_in()
    assert company.data(created["scanId"]).status_code == 200


def test_the_life_of_a_token_can_be_chosen(company: Company, controls: Controls) -> None:
    created = company.create()
    controls.switch(token_ttl_seconds=30)
    company.log_in()
    controls.switch(clock_offset_seconds=29)
    assert company.data(created["scanId"]).status_code == 200
    controls.switch(clock_offset_seconds=31)
    assert company.data(created["scanId"]).status_code == 401


def test_tokens_can_be_revoked_before_their_time(company: Company, controls: Controls) -> None:
    controls.post("/tokens/revoke")
    assert company.http.post("/onboarding", json={}).status_code == 401


def test_a_token_of_another_gateway_is_401(company: Company) -> None:
    from mobbscan_sandbox.gateway import SandboxOptions

    with RunningGateway(SandboxOptions(KEY, SECRET)) as other:
        answer = web.post(
            f"{other.url}/onboarding",
            json={},
            headers={"Authorization": company.http.headers["Authorization"]},
        )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic abc", "bearer"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/onboarding"),
        ("POST", "/onboarding/token"),
        ("GET", "/mobbscan-agent/getVerificationProcessData/x"),
        ("POST", "/mobbscan-agent/accept"),
        ("POST", "/mobbscan-agent/reject"),
        ("POST", "/mobbscan-agent/pending"),
        ("DELETE", "/mobbscan-agent/api/verification/x"),
        ("GET", "/mobbscan-agent/api/verification/x"),
    ],
)
def test_every_call_without_a_good_token_is_401_before_anything_else(
    gateway: RunningGateway, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert web.request(method, gateway.url + path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("style", "media_type", "part"),
    [
        ("status", "application/json", '"status": "UNAUTHORIZED"'),
        ("spring", "application/json", '"path": "/auth/token"'),
        ("text", "text/plain", "wrong"),
        ("empty", None, ""),
    ],
)
def test_the_body_of_a_refusal_comes_in_four_styles(
    url: str, controls: Controls, style: str, media_type: str | None, part: str
) -> None:
    controls.switch(error_style=style)
    answer = web.post(url, json={"api_key": "x", "api_secret": "y"})
    assert answer.status_code == 401
    assert part in answer.text
    if media_type:
        assert answer.headers["Content-Type"].startswith(media_type)
