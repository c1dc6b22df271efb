"""The API shows the signed result of the message about the last change of status."""

import json

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.journey.test_api_create import create
from webapp.domain.onboarding import Status
from webapp.journey.api_resources import resources


def shown(harness: JourneyHarness, onboarding_id: str) -> str | None:
    return harness.host_api.read.onboarding(SHOP, onboarding_id).result


def test_result_of_the_api_is_that_of_the_last_message(harness, adas):
    harness.poll_answered(adas, "VERIFIED")
    result = shown(harness, adas)
    keys = KeySet.import_key_set(harness.deps.result_signer.public_keys())
    claims = jwt.decode(result, keys, algorithms=["ES256"]).claims
    assert (claims["onboarding"], claims["status"]) == (adas, "verified")
    with harness.database.reading() as work:
        body = work.messages.status_bodies([adas])[adas]
    assert json.loads(body)["data"]["result"] == result


def test_result_of_the_api_stays_the_same_until_the_status_changes(harness, adas):
    first = shown(harness, adas)
    assert first is not None
    assert shown(harness, adas) == first
    harness.poll_answered(adas, "VERIFIED")
    assert shown(harness, adas) != first


def test_result_of_the_api_stays_the_same_when_evidence_arrives(harness, adas):
    harness.poll_answered(adas, "VERIFIED")
    before = shown(harness, adas)
    harness.notice(adas, "VIDEO_AVAILABLE")
    harness.run_due()
    assert "evidence_available" in harness.events(adas)
    assert shown(harness, adas) == before


def test_result_is_absent_where_the_last_message_states_another_status(harness, adas):
    harness.put(adas, status=Status.REJECTED)
    assert shown(harness, adas) is None


def test_created_onboarding_has_a_result_at_once(harness):
    made, _ = create(harness)
    assert made.result == shown(harness, made.id)
    assert made.result is not None


def test_listed_onboardings_have_their_own_results(harness, ada, ben, adas):
    bens = harness.begin(ben)
    rows = [harness.row(adas), harness.row(bens)]
    with harness.database.reading() as work:
        found = resources(work, rows)
    assert [each.result for each in found] == [shown(harness, adas), shown(harness, bens)]
    assert found[0].result != found[1].result
