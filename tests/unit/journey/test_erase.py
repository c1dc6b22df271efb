"""Erasures: requests, attempts, the proof, and what is left here."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.journey.fakes import away
from tests.unit.journey.harness import SHOP, JourneyHarness
from webapp.config.sites import Flow
from webapp.domain.actors import Actor
from webapp.domain.erasures import Erasure, ErasureState
from webapp.domain.errors import NotFound, RetentionRequired
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden, RequestRefused, StateConflict, Unauthorized
from webapp.journey.erase import Erase
from webapp.journey.erasure_attempt import ERASURES_BLOCKED
from webapp.journey.views import Visitor

CONFIRMED, UNPROVEN = ErasureState.CONFIRMED, ErasureState.UNPROVEN
BLOCKED, PENDING = ErasureState.BLOCKED, ErasureState.PENDING


@pytest.fixture
def erase(harness: JourneyHarness) -> Erase:
    return Erase(harness.deps)


@pytest.fixture
def verified(harness: JourneyHarness, adas: str) -> str:
    """Return Ada's verified onboarding."""
    harness.poll_answered(adas, "VERIFIED")
    return adas


@pytest.fixture
def other(harness: JourneyHarness, ben: Visitor) -> str:
    """Return Ben's verified onboarding, which the account can be compared with."""
    onboarding_id = harness.begin(ben)
    harness.poll_answered(onboarding_id, "VERIFIED")
    return onboarding_id


def requested(erase: Erase, onboarding_id: str) -> Erasure:
    return erase.onboarding(onboarding_id, actor=Actor.HOST, site=SHOP)


def carried_out(harness: JourneyHarness, erase: Erase, onboarding_id: str) -> Erasure:
    """Request the erasure and make the polls that are due."""
    erasure = requested(erase, onboarding_id)
    harness.run_due()
    return erase.get(erasure.id)


def outcome(erasure: Erasure) -> tuple[str, str | None]:
    return str(erasure.state), str(erasure.problem) if erasure.problem else None


def statuses(erasure: Erasure) -> list[int | None]:
    evidence = erasure.evidence
    assert evidence is not None
    answers = (evidence.read_before, evidence.delete, evidence.read_after, evidence.other_process)
    return [each.http_status if each else None for each in answers]


def messages(harness: JourneyHarness, onboarding_id: str) -> list[dict[str, Any]]:
    with harness.database.reading() as work:
        return [json.loads(each.body) for each in work.messages.of(onboarding_id)]


def test_erasure_with_full_proof_is_confirmed(harness, erase, verified, other):
    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("confirmed", None)
    assert statuses(erasure) == [200, 200, 401, 200]
    assert erasure.is_settled
    assert verified not in harness.gateway.processes
    assert harness.gateway.count("delete") == 1
    row = harness.row(verified)
    assert (row.status, row.person_id, row.next_poll_at) == (Status.ERASED, None, None)


def test_erasure_repeated_returns_the_same_one(harness, erase, verified, other):
    first = requested(erase, verified)
    assert requested(erase, verified).id == first.id
    harness.run_due()
    assert requested(erase, verified).id == first.id
    harness.run_due()
    assert harness.gateway.count("delete") == 1


def test_erasure_of_another_sites_onboarding_is_not_found(harness, erase, verified):
    with pytest.raises(NotFound):
        erase.onboarding(verified, actor=Actor.HOST, site=harness.sites["bank"])
    with pytest.raises(NotFound):
        erase.onboarding("00000000-0000-4000-8000-000000000000", actor=Actor.HOST)
    erasure = requested(erase, verified)
    with pytest.raises(NotFound):
        erase.get(erasure.id, harness.sites["bank"])


def test_erasure_without_another_process_is_unproven(harness, erase, verified):
    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "no_other_process")
    assert harness.status(verified) is Status.ERASED
    assert erasure.receipt


def test_unproven_erasure_is_confirmed_once_another_process_is_shown(harness, erase, verified, ben):
    erasure = carried_out(harness, erase, verified)
    assert erasure.state is UNPROVEN
    bens = harness.begin(ben)
    harness.poll_answered(bens, "VERIFIED")

    harness.clock.advance(seconds=2)
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("confirmed", None)
    assert after.receipt != erasure.receipt
    assert harness.gateway.count("delete") == 1


def test_erasure_of_an_account_that_shows_nothing_is_unproven(harness, erase, verified, other):
    del harness.gateway.processes[other]

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "account_shows_nothing")
    assert statuses(erasure) == [200, 200, 401, 401]


def test_erasure_of_a_process_not_shown_before_is_unproven(harness, erase, verified, other):
    del harness.gateway.processes[verified]
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "not_shown_before")
    assert harness.status(verified) is Status.ERASED


def test_unproven_erasure_ends_after_seven_days(harness, erase, verified):
    erasure = carried_out(harness, erase, verified)
    for _ in range(30):
        harness.clock.advance(hours=24)
        harness.run_due()

    after = erase.get(erasure.id)
    assert (after.state, after.is_settled) == (UNPROVEN, True)
    assert harness.row(verified).next_poll_at is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Forbidden("delete: answered 403", status=403), "right_missing"),
        (RequestRefused("delete: answered 405", status=405), "method_refused"),
        (RequestRefused("delete: answered 400", status=400), "request_refused"),
        (Unauthorized("delete: answered 404", status=404), "not_deleted"),
    ],
)
def test_erasure_refused_by_the_gateway_is_blocked_and_keeps_the_data(
    harness, erase, verified, other, error, problem
):
    harness.gateway.errors["delete"].append(error)

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("blocked", problem)
    assert not erasure.is_settled
    assert harness.status(verified) is Status.VERIFIED
    with harness.database.reading() as work:
        assert work.alarms.details()[ERASURES_BLOCKED] == problem


def test_blocked_erasure_is_confirmed_once_the_gateway_allows_it(harness, erase, verified, other):
    harness.gateway.errors["delete"].append(Forbidden("delete: answered 403", status=403))
    erasure = carried_out(harness, erase, verified)

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert outcome(erase.get(erasure.id)) == ("confirmed", None)
    with harness.database.reading() as work:
        assert ERASURES_BLOCKED not in work.alarms.active()


def test_erasure_in_a_state_that_does_not_allow_it_is_retried(harness, erase, verified, other):
    harness.gateway.errors["delete"].append(StateConflict("delete: answered 409", status=409))
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "state_refused")
    assert harness.status(verified) is Status.VERIFIED

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert erase.get(erasure.id).state is CONFIRMED


def test_erasure_while_the_gateway_is_unavailable_is_retried_by_the_schedule(
    harness, erase, verified, other
):
    harness.gateway.errors["read"].extend([away()] * 2)
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "gateway_unavailable")
    assert harness.gateway.count("delete") == 0

    harness.clock.advance(seconds=1)
    assert harness.run_due() == 0
    harness.clock.advance(seconds=10)
    harness.run_due()
    harness.clock.advance(seconds=60)
    harness.run_due()

    assert erase.get(erasure.id).state is CONFIRMED


def test_lost_answer_to_the_deletion_leaves_the_erasure_unproven(harness, erase, verified, other):
    def lose(_id: str) -> None:
        harness.gateway.processes.pop(verified, None)
        raise away()

    harness.gateway.during_call["delete"] = lose
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "gateway_unavailable")
    del harness.gateway.during_call["delete"]
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))

    harness.clock.advance(seconds=10)
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("unproven", "not_acknowledged")
    assert statuses(after) == [200, 401, 401, 200]


def test_process_still_shown_after_success_is_deleted_again(harness, erase, verified, other):
    harness.gateway.during_call["delete"] = lambda id_: kept.update({id_: "VERIFIED"})
    kept: dict[str, str] = {}
    harness.gateway.during_call["read"] = lambda id_: None
    original = harness.gateway.delete

    def keeping(scan_id: str) -> Any:
        answer = original(scan_id)
        harness.gateway.processes.update(kept)
        return answer

    harness.gateway.delete = keeping
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("unproven", "still_shown")
    assert harness.status(verified) is Status.VERIFIED
    harness.gateway.delete = original

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert erase.get(erasure.id).state is CONFIRMED
    assert harness.status(verified) is Status.ERASED


def test_erasure_without_a_create_call_asks_no_gateway(harness, erase, ada):
    onboarding_id = harness.start.prepare(ada, None, "en")

    erasure = requested(erase, onboarding_id)

    assert outcome(erasure) == ("confirmed", None)
    assert erasure.evidence is None
    assert harness.status(onboarding_id) is Status.ERASED
    assert harness.gateway.calls == []
    assert harness.due_ids() == []


def test_erasure_of_an_unfinished_onboarding_withdraws_it_at_once(harness, erase, adas, other):
    erasure = requested(erase, adas)
    assert harness.status(adas) is Status.CANCELED
    harness.gateway.processes[adas] = "PENDING_VERIFICATION"

    harness.run_due()

    assert erase.get(erasure.id).state is CONFIRMED
    assert harness.status(adas) is Status.ERASED


def test_erasure_waits_for_a_create_call_in_flight(harness, erase, adas, other):
    harness.put(adas, status=Status.CREATED, create_called_at=harness.clock(), hosted_url=None)
    harness.gateway.calls.clear()
    erasure = carried_out(harness, erase, adas)
    assert erasure.attempts == 0
    assert harness.gateway.calls == []

    harness.clock.advance(seconds=16)
    harness.run_due()

    assert erase.get(erasure.id).attempts == 1
    assert harness.status(adas) is Status.ERASED


def test_process_created_after_the_erasure_is_deleted_too(harness, erase, ada, other):
    """The create call lasts longer than its lease, for which the erasure waits."""

    def erase_meanwhile(_id: str) -> None:
        del harness.gateway.during_call["create"]
        (row,) = harness.rows(ada)
        requested(erase, row.id)
        harness.clock.advance(seconds=16)
        harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))
        harness.run_due()
        assert harness.status(row.id) is Status.ERASED

    harness.gateway.during_call["create"] = erase_meanwhile
    onboarding_id = harness.begin(ada)
    assert harness.row(onboarding_id).hosted_url is None
    harness.gateway.processes[onboarding_id] = "PENDING_VERIFICATION"

    harness.run_due()

    assert onboarding_id not in harness.gateway.processes
    with harness.database.reading() as work:
        erasure = work.erasures.of(onboarding_id)
    assert outcome(erasure) == ("confirmed", None)


def test_erasure_before_the_retention_floor_is_refused(harness, erase, verified):
    flows = {"default": Flow(keep_at_least_days=30)}
    harness.deps.sites["shop"] = replace_flows(SHOP, flows)
    with pytest.raises(RetentionRequired) as refused:
        requested(erase, verified)
    decided_at = harness.row(verified).decided_at
    assert refused.value.keep_until == decided_at + timedelta(days=30)
    assert harness.status(verified) is Status.VERIFIED
    with pytest.raises(RetentionRequired):
        erase.subject(SHOP, "ada", actor=Actor.HOST)

    harness.clock.advance(days=30)
    assert requested(erase, verified).state is PENDING


def replace_flows(site: Any, flows: dict[str, Flow]) -> Any:
    return site.model_copy(update={"flows": flows})


def test_erased_is_the_last_message_and_the_others_are_emptied(harness, erase, verified, other):
    carried_out(harness, erase, verified)

    bodies = messages(harness, verified)
    assert [each["type"] for each in bodies] == ["onboarding.erased"] * len(bodies)
    assert [each["data"]["sequence"] for each in bodies] == list(range(1, len(bodies) + 1))
    assert {each["data"]["subject"] for each in bodies} == {None}
    with harness.database.reading() as work:
        states = [str(each.state) for each in work.messages.of(verified)]
        listed = work.messages.listed(site="shop", state="pending", limit=50)
    assert states[:-1] == ["erased"] * (len(states) - 1)
    assert not [each for each in listed if each.onboarding_id == verified]


def test_subject_without_other_onboardings_is_deleted_with_sessions(harness, erase, ada, verified):
    harness.put(verified, next_poll_at=None)
    found = erase.subject(SHOP, "ada", actor=Actor.HOST)
    assert [each.onboarding_id for each in found] == [verified]
    assert harness.admit.find_visitor(ada.session_id) is not None
    assert erase.subject(SHOP, "ada", actor=Actor.HOST)[0].id == found[0].id

    harness.run_due()

    assert harness.admit.find_visitor(ada.session_id) is None
    assert erase.subject(SHOP, "ada", actor=Actor.HOST) == []
    assert erase.get(found[0].id).is_person_erased


def test_subject_who_has_only_signed_in_is_deleted_at_once(harness, erase, ada):
    assert erase.subject(SHOP, "ada", actor=Actor.HOST) == []
    assert harness.admit.find_visitor(ada.session_id) is None


def test_person_with_another_onboarding_stays(harness, erase, ada, verified, other):
    second = harness.begin(ada, "host")
    harness.put(second, previous_id=verified)

    erasure = carried_out(harness, erase, verified)

    assert not erasure.is_person_erased
    assert harness.admit.find_visitor(ada.session_id) is not None
    assert harness.row(second).previous_id is None


def test_user_starts_anew_after_an_erasure(harness, erase, ada, verified, other):
    carried_out(harness, erase, verified)

    ada_again = harness.visitor("ada")
    new_id = harness.begin(ada_again)

    assert new_id != verified
    row = harness.row(new_id)
    assert (row.status, row.previous_id) == (Status.STARTED, None)


def test_notice_after_erasure_changes_nothing_and_leaves_no_body(harness, erase, verified, other):
    carried_out(harness, erase, verified)
    before = harness.row(verified)

    harness.notice(verified, "NOT_VERIFIED")
    harness.notice(verified, "Ada Lovelace was here")
    harness.run_due()

    after = harness.row(verified)
    assert replace(after, poll_count=before.poll_count, poll_reason=before.poll_reason) == before
    assert harness.open_notices(verified) == []
    with harness.database.reading() as work:
        rows = work.connection.exec_driver_sql("SELECT status, body FROM inbox").all()
    assert {row.body for row in rows} == {None}
    assert "Ada Lovelace was here" not in {row.status for row in rows}


def test_poll_answered_after_the_erasure_changes_nothing(harness, erase, verified, other):
    """A poll asks the gateway, and meanwhile another process erases the onboarding."""
    harness.put(verified, status=Status.IN_REVIEW, gateway_status="PENDING_VERIFICATION")

    def erase_meanwhile(_id: str) -> None:
        del harness.gateway.during_call["read"]
        carried_out(harness, erase, verified)

    harness.gateway.during_call["read"] = erase_meanwhile
    harness.gateway_poll.poll(verified)

    row = harness.row(verified)
    assert (row.status, row.gateway_status, row.decided_by) == (Status.ERASED, None, None)


def test_open_decision_is_withdrawn_by_the_erasure(harness, erase, ada, other):
    from tests.unit.store.rows import decision_record

    onboarding_id = harness.begin(ada, "host")
    harness.poll_answered(onboarding_id, "PENDING_VALIDATION")
    with harness.database.writing() as work:
        work.decisions.add(decision_record(onboarding_id, due_at=harness.clock()))

    carried_out(harness, erase, onboarding_id)

    assert harness.gateway.count("accept") == 0
    with harness.database.reading() as work:
        (decision,) = work.decisions.of(onboarding_id)
    assert (str(decision.outcome), decision.content) == ("withdrawn", None)


def test_attempt_killed_after_the_deletion_is_made_again_when_its_lease_ends(
    harness, erase, verified, other
):
    class Killed(BaseException):
        pass

    def die(_id: str) -> None:
        harness.gateway.processes.pop(verified)
        raise Killed

    erasure = requested(erase, verified)
    harness.gateway.during_call["delete"] = die
    with pytest.raises(Killed):
        harness.gateway_poll.poll(verified)
    del harness.gateway.during_call["delete"]
    assert harness.run_due() == 0

    harness.clock.advance(seconds=21)
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("unproven", "not_acknowledged")
    assert statuses(after)[0] == 200
    assert harness.status(verified) is Status.ERASED
    assert len([m for m in harness.events(verified) if m == "erased"]) == 1


def test_two_attempts_at_once_make_one_deletion(harness, erase, verified, other):
    requested(erase, verified)
    harness.gateway.during_call["delete"] = lambda _id: harness.gateway_poll.poll(verified)

    harness.gateway_poll.poll(verified)

    assert harness.gateway.count("delete") == 1
    assert harness.status(verified) is Status.ERASED


def test_receipt_says_what_the_gateway_answered(harness, erase, verified, other):
    from joserfc import jwt
    from joserfc.jwk import KeySet

    erasure = carried_out(harness, erase, verified)

    keys = KeySet.import_key_set(harness.deps.result_signer.public_keys())
    token = jwt.decode(erasure.receipt or "", keys, algorithms=["ES256"])
    assert token.header["typ"] == "erasure-receipt+jwt"
    claims = token.claims
    assert (claims["aud"], claims["onboarding"], claims["outcome"]) == (
        "shop",
        verified,
        "confirmed",
    )
    answers = {
        name: claims["gateway"][name]["http_status"]
        for name in ("read_before", "delete", "read_after", "other_process")
    }
    assert answers == {"read_before": 200, "delete": 200, "read_after": 401, "other_process": 200}
    assert claims["gateway"]["method"] == "DELETE"
    assert "person" in claims["deleted_here"]
