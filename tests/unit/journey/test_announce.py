"""Every change of a status is announced once, in its own transaction, in order."""

import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.journey.harness import BANK, PUBLIC_URL, SHOP, JourneyHarness
from webapp.domain.messages import Message, MessageState
from webapp.domain.onboarding import Status
from webapp.journey.views import Visitor
from webapp.store.errors import LostUpdate

RECEIVER = {"webhook_url": "https://shop.example/hooks", "webhook_secrets": ("whsec_" + "a" * 32,)}


@pytest.fixture
def harness(address: str):
    shop = SHOP.model_copy(update=RECEIVER)
    bank = BANK.model_copy(update={"oidc": True})
    harness = JourneyHarness(address, sites={"shop": shop, "bank": bank})
    yield harness
    harness.close()


def messages(harness: JourneyHarness, onboarding_id: str) -> list[Message]:
    with harness.database.reading() as work:
        return work.messages.of(onboarding_id)


def bodies(harness: JourneyHarness, onboarding_id: str) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in messages(harness, onboarding_id)]


def types(harness: JourneyHarness, onboarding_id: str) -> list[str]:
    return [body["type"] for body in bodies(harness, onboarding_id)]


def test_announce_whole_journey_is_a_chain_without_gaps(
    harness: JourneyHarness, ada: Visitor
) -> None:
    adas = harness.begin(ada)
    harness.back(adas, "connection error")
    harness.begin(ada)
    harness.back(adas)
    harness.poll_answered(adas, "PENDING_VALIDATION")
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    harness.poll_answered(adas, "VERIFIED")
    assert types(harness, adas) == [
        f"onboarding.{word}"
        for word in (
            "created", "started", "interrupted", "started", "submitted", "deciding", "in_review",
            "verified",
        )
    ]  # fmt: skip
    found = [body["data"] for body in bodies(harness, adas)]
    assert [each["sequence"] for each in found] == list(range(1, 9))
    assert [each["previous_status"] for each in found] == [
        None, *(each["status"] for each in found[:-1])
    ]  # fmt: skip


def test_announce_body_has_the_documented_fields(harness: JourneyHarness, ada: Visitor) -> None:
    adas = harness.begin(ada)
    harness.poll_answered(adas, "NOT_VERIFIED", rejectionReason="expired document")
    body = bodies(harness, adas)[-1]
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == "onboarding.rejected"
    assert body["timestamp"].endswith("Z")
    assert isinstance(body["data"].pop("result"), str)
    assert body["data"] == {
        "id": adas,
        "site": "shop",
        "subject": "ada",
        "flow": "default",
        "status": "rejected",
        "previous_status": "started",
        "gateway_status": "NOT_VERIFIED",
        "final": True,
        "reasons": [{"code": "document_expired", "retry_allowed": True}],
        "attempt": 1,
        "sequence": 3,
        "expected_match": "not_checked",
        "metadata": {},
        "livemode": False,
    }


def test_announce_result_is_signed_without_expiry(harness: JourneyHarness, adas: str) -> None:
    harness.poll_answered(adas, "VERIFIED")
    keys = KeySet.import_key_set(harness.deps.result_signer.public_keys())
    token = jwt.decode(bodies(harness, adas)[-1]["data"]["result"], keys, algorithms=["ES256"])
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": PUBLIC_URL,
        "aud": "shop",
        "sub": "ada",
        "onboarding": adas,
        "status": "verified",
        "iat": int(harness.clock().timestamp()),
    }


def test_announce_unknown_gateway_word_is_unknown(harness: JourneyHarness, ada: Visitor) -> None:
    adas = harness.begin(ada)
    harness.poll_answered(adas, "A_WORD_OF_NEXT_YEAR")
    harness.back(adas)
    assert bodies(harness, adas)[-1]["data"]["gateway_status"] == "unknown"
    assert types(harness, adas)[-1] == "onboarding.submitted"


def test_announce_replaced_onboarding_and_its_replacement(
    harness: JourneyHarness, ada: Visitor
) -> None:
    adas = harness.begin(ada)
    harness.put(adas, status=Status.INTERRUPTED, interruptions=2)
    new = harness.begin(ada)
    assert new != adas
    assert types(harness, adas)[-1] == "onboarding.canceled"
    assert types(harness, new) == ["onboarding.created", "onboarding.started"]


def test_announce_late_verdict_after_expiry(harness: JourneyHarness, adas: str) -> None:
    harness.clock.advance(hours=49)
    harness.gateway_poll.poll(adas)
    harness.poll_answered(adas, "VERIFIED")
    assert types(harness, adas)[-2:] == ["onboarding.expired", "onboarding.verified"]
    assert bodies(harness, adas)[-1]["data"]["previous_status"] == "expired"


def test_announce_repeated_answer_is_announced_once(harness: JourneyHarness, adas: str) -> None:
    for _ in range(3):
        harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert types(harness, adas).count("onboarding.in_review") == 1


def test_announce_evidence_once_and_after_an_answer_only(
    harness: JourneyHarness, adas: str
) -> None:
    harness.notice(adas, "VIDEO_AVAILABLE")
    harness.gateway_poll.poll(adas)
    assert "onboarding.evidence_available" not in types(harness, adas), "the gateway denies it"
    harness.set_gateway_word(adas, "VERIFIED")
    harness.gateway_poll.poll(adas)
    harness.notice(adas, "VIDEO_AVAILABLE")
    harness.gateway_poll.poll(adas)
    assert types(harness, adas)[2:] == ["onboarding.verified", "onboarding.evidence_available"]
    assert harness.row(adas).evidence_available_at == harness.clock()
    assert harness.status(adas) is Status.VERIFIED
    last = bodies(harness, adas)[-1]["data"]
    assert (last["status"], last["previous_status"], last["sequence"]) == (
        "verified",
        "verified",
        4,
    )


def test_announce_aborted_transaction_leaves_no_message(harness: JourneyHarness, adas: str) -> None:
    def announce_and_fail() -> None:
        row = harness.row(adas)
        with harness.database.writing() as work:
            harness.deps.announce_change(work, row, replace(row, status=Status.SUBMITTED))
            stale = replace(row, version=row.version - 1)
            harness.deps.save_transition(work, stale, row, "test")

    with pytest.raises(LostUpdate):
        announce_and_fail()
    assert types(harness, adas) == ["onboarding.created", "onboarding.started"]


def test_announce_first_one_of_a_new_database_makes_the_key_in_its_transaction(
    harness: JourneyHarness, ada: Visitor
) -> None:
    row = harness.row(harness.begin(ada))
    with harness.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM generated_keys WHERE name = 'result'")
    del harness.deps.__dict__["result_signer"]  # as in a process that has signed nothing yet
    with harness.database.writing() as work:
        harness.deps.announce_change(work, row, replace(row, status=Status.SUBMITTED))
    keys = KeySet.import_key_set(harness.deps.result_signer.public_keys())
    jwt.decode(bodies(harness, row.id)[-1]["data"]["result"], keys, algorithms=["ES256"])


def test_announce_time_never_goes_back(harness: JourneyHarness, adas: str) -> None:
    harness.clock.advance(minutes=-5)
    harness.back(adas)
    times = [each.created_at for each in messages(harness, adas)]
    assert times == sorted(times)


def test_announce_site_without_receiver_keeps_the_message_unsent(harness: JourneyHarness) -> None:
    bens = harness.begin(harness.visitor("ben", "bank"))
    assert {each.state for each in messages(harness, bens)} == {MessageState.UNSENT}
    assert {each.next_attempt_at for each in messages(harness, bens)} == {None}
