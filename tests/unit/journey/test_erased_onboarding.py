"""What is left of an erased onboarding, and what still happens to it."""

from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.journey.erasures import carried_out, messages, outcome, requested
from tests.unit.journey.harness import SHOP
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Unauthorized
from webapp.journey.subscriptions import Subscriber


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


def test_receipt_says_what_the_gateway_answered(harness, erase, verified, other):
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


def test_open_stream_shows_the_erasure_although_its_session_ends(
    harness, erase, ada, verified, other
):
    seen, ended = [], []
    subscriber = Subscriber(
        ada.session_id,
        ada.person.id,
        verified,
        on_change=lambda view: seen.append(view.status),
        on_end=lambda: ended.append(True),
    )
    harness.subscriptions.add(subscriber)
    carried_out(harness, erase, verified)

    harness.subscriptions.notify([verified])

    assert seen[-1:] == [Status.ERASED]
    assert ended
    harness.subscriptions.remove(subscriber)


def test_erased_onboarding_is_shown_to_users_of_its_site_only(harness, erase, ben, verified, other):
    carried_out(harness, erase, verified)

    assert harness.present.show(ben, verified).kind == "result"
    assert harness.present.site_of_erased(verified) == SHOP
    assert harness.present.site_of_erased(other) is None
    with pytest.raises(NotFound):
        harness.present.show(replace(ben, site=harness.sites["bank"]), verified)
