"""Expected data from the API to the result, with the document of the gateway in a box."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.signed_results import verified_result
from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import UserJourney, force_outcome, submit_consent

KEY = "the-api-key-of-the-shop-in-this-test"
ADA = {
    "name": "Ada",
    "surname": "Sample Specimen",
    "date_of_birth": "1985-12-10",
    "document_number": "zzz-000000",
}
BEN = {"name": "Ben", "surname": "Ortega", "date_of_birth": "1990-01-01"}


@pytest.fixture
def api_stack(new_stack: NewStack) -> Stack:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    return new_stack(site={"api_keys": [f"sha256:{digest}"]}, leave_out=("provider", "shop"))


def call(stack: Stack, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = httpx.request(
        method,
        f"{stack.public_url}/api/v1{path}",
        headers={"Authorization": f"Bearer {KEY}"},
        trust_env=False,
        timeout=30,
        **more,
    )
    shown: dict[str, Any] = answer.raise_for_status().json()
    return shown


def started(stack: Stack, subject: str, expected: dict[str, str]) -> UserJourney:
    """Create an onboarding by API, follow its link, and open the hosted page."""
    made = call(stack, "POST", "/onboardings", json={"subject": subject, "expected": expected})
    assert made["expected_match"] == "not_checked"
    browser = stack.http_session()
    preview = browser.get(made["link"])
    browser.submit(preview, preview.form())
    walk = submit_consent(stack, browser, browser.get("/"))
    assert walk.id == made["id"]
    return walk


def test_expected_match_is_reported_with_the_verdict(api_stack: Stack) -> None:
    expected = {"ada-1": (ADA, "match"), "ben-1": (BEN, "mismatch"), "eve-1": ({}, "not_checked")}
    for subject, (given, result) in expected.items():
        walk = started(api_stack, subject, given)
        walk.finish("passes")
        walk.until("verified")
        shown = call(api_stack, "GET", f"/onboardings/{walk.id}")
        assert (shown["status"], shown["expected_match"]) == ("verified", result)
        claims = verified_result(api_stack.public_url, shown["result"])
        assert (claims["sub"], claims["status"]) == (subject, "verified")
        assert "exp" not in claims
        messages = eventually(
            lambda walk=walk: [  # type: ignore[misc]
                each["data"]
                for each in call(api_stack, "GET", "/messages")["data"]
                if each["data"].get("id") == walk.id and each["type"] == "onboarding.verified"
            ]
        )
        assert [each["expected_match"] for each in messages] == [result]


def test_document_corrected_at_the_gateway_changes_the_result(api_stack: Stack) -> None:
    walk = started(api_stack, "ada-1", {"name": "Añez"})
    walk.finish("review")
    walk.until("in_review")
    shown = call(api_stack, "GET", f"/onboardings/{walk.id}")
    assert shown["expected_match"] == "mismatch"
    force_outcome(api_stack, walk.id, "passes", document={"name": "ANXXEZ"})
    walk.until("verified")
    shown = call(api_stack, "GET", f"/onboardings/{walk.id}")
    assert shown["expected_match"] == "match"
