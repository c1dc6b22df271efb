"""Results on the return to the host site, the generated key, and the published keys."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.journey.harness import PUBLIC_URL, JourneyHarness
from tests.unit.journey.test_admit import token
from tests.unit.journey.test_api_create import code_of, create
from webapp.domain.onboarding import AWAITING_USER, Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.hostsite.signed_results import generate_result_key
from webapp.journey.api_create import CreateInput
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.login_session import visitor_of_session
from webapp.journey.result_signing import sign_result
from webapp.journey.views import Visitor
from webapp.store.login_sessions import Session
from webapp.store.rekey import count

RETURN_URL = "https://shop.example/account?order=7#top"
SHOWN = sorted(set(Status) - AWAITING_USER - {Status.ERASED})


@pytest.fixture
def visitor(harness: JourneyHarness) -> Visitor:
    """Ada, whom the host site has sent over with a return URL and a state."""
    return harness.admit.by_handoff(token(return_url=RETURN_URL, state="of the shop"), None)


def verified_claims(deps: JourneyDependencies, result: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(deps.result_signer.public_keys())  # type: ignore[arg-type]
    return dict(jwt.decode(result, keys, algorithms=["ES256"]).claims)


def result_in(url: str | None) -> str:
    assert url is not None
    parameters = parse_qsl(urlsplit(url).query)
    assert [name for name, _ in parameters] == ["order", "mobbscan_result"]
    assert urlsplit(url).fragment == "top"
    return parameters[1][1]


@pytest.mark.parametrize("status", SHOWN)
def test_show_ended_or_waiting_onboarding_returns_its_signed_status(harness, visitor, status):
    onboarding = harness.begin(visitor)
    harness.put(onboarding, status=status)
    claims = verified_claims(
        harness.deps, result_in(harness.present.show(visitor, onboarding).return_url)
    )
    now = int(harness.clock().timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": PUBLIC_URL,
        "aud": "shop",
        "sub": "ada",
        "onboarding": onboarding,
        "status": str(status),
        "state": "of the shop",
        "iat": now,
        "exp": now + 300,
    }


def test_show_hosted_page_signs_no_result(harness, visitor):
    assert harness.present.show(visitor, harness.begin(visitor)).return_url is None


def test_show_without_return_url_signs_no_result(harness, ada, adas):
    harness.put(adas, status=Status.VERIFIED)
    assert harness.present.show(ada, adas).return_url is None


def test_home_of_a_verified_user_returns_the_signed_result(harness, visitor):
    onboarding = harness.begin(visitor)
    harness.put(onboarding, status=Status.VERIFIED)
    claims = verified_claims(harness.deps, result_in(harness.present.home(visitor).return_url))
    assert (claims["onboarding"], claims["status"]) == (onboarding, "verified")


def test_home_without_onboarding_keeps_the_plain_return_url(harness, visitor):
    assert harness.present.home(visitor).return_url == RETURN_URL


def test_sign_result_for_messages_has_neither_exp_nor_state(harness, adas):
    result = sign_result(harness.deps, "shop", "ada", adas, Status.VERIFIED)
    claims = verified_claims(harness.deps, result)
    assert set(claims) == {"iss", "aud", "sub", "onboarding", "status", "iat", "jti"}


def test_generated_key_is_shared_by_all_processes_and_survives_a_restart(harness):
    other = JourneyHarness(harness.address)
    try:
        assert other.deps.result_signer.public_keys() == harness.deps.result_signer.public_keys()
    finally:
        other.close()


def test_generated_key_is_stored_encrypted(harness):
    public = harness.deps.result_signer.public_keys()["keys"][0]
    with harness.database.reading() as work:
        private = json.loads(work.generated_keys.get("result"))
        stored = work.connection.exec_driver_sql("SELECT value FROM generated_keys").scalars().all()
    assert private["x"] == public["x"]
    assert all(private["d"].encode() not in bytes(value) for value in stored)
    assert all(b'"kty"' not in bytes(value) for value in stored)
    assert sum(count(harness.database).values()) == len(stored), "rekey covers it"


def test_configured_key_signs_and_the_generated_one_stays_published(harness):
    before = sign_result(harness.deps, "shop", "ada", "an id", Status.VERIFIED)
    key = generate_result_key()
    configured = replace(harness.deps, result_keys=(key,))
    after = sign_result(configured, "shop", "ada", "an id", Status.VERIFIED)
    assert jwt.decode(after, KeySet.import_key_set({"keys": [key]}), algorithms=["ES256"]).claims
    for result in (before, after):
        assert verified_claims(configured, result)["sub"] == "ada"


def test_configured_key_alone_generates_none(harness):
    configured = replace(harness.deps, result_keys=(generate_result_key(),))
    assert len(configured.result_signer.public_keys()["keys"]) == 1
    with harness.database.reading() as work:
        assert work.generated_keys.get("result") is None


def test_visitor_of_session_return_url_no_longer_allowed_is_left_out(harness, visitor):
    session = Session(
        id=visitor.session_id,
        person_id=visitor.person.id,
        via="link",
        expires_at=visitor.expires_at,
        return_url=RETURN_URL,
    )
    site = visitor.site
    assert visitor_of_session(session, visitor.person, site).return_url == RETURN_URL
    site = site.model_copy(update={"return_urls": ("https://new-shop.example/account",)})
    assert visitor_of_session(session, visitor.person, site).return_url is None


def test_return_url_no_longer_allowed_is_not_offered_by_sessions_and_links(harness, visitor):
    ended = harness.begin(visitor)
    harness.put(ended, status=Status.VERIFIED)
    inputs = OnboardingInputs(return_url=RETURN_URL)
    made, _ = create(harness, CreateInput("ben", None, None, None, inputs))
    shop = harness.sites["shop"]
    moved = {"return_urls": ("https://new-shop.example/account",)}
    harness.sites["shop"] = shop.model_copy(update=moved)
    by_link, _ = harness.links.use(code_of(made.link), None)
    for session_id in (visitor.session_id, by_link.session_id):
        found = harness.admit.find_visitor(session_id)
        assert (found.return_url, harness.present.home(found).return_url) == (None, None)
    harness.sites["shop"] = shop
    found = harness.admit.find_visitor(by_link.session_id)
    assert found.return_url == RETURN_URL
