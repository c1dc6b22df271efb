"""New links and cancellation by a host site's API call."""

import pytest

from tests.unit.journey.harness import BANK, SHOP
from tests.unit.journey.test_api_create import code_of, create
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.gateway.errors import Forbidden, RequestRefused, Unauthorized, Unavailable


def test_link_makes_a_further_link(harness):
    made, _ = create(harness)
    more, _ = harness.host_api.change.link(SHOP, made.id)
    assert more.link != made.link
    assert more.link_expires_at == made.link_expires_at
    for each in (made, more):
        harness.links.preview(code_of(each.link))


@pytest.mark.parametrize("step", ["link", "cancel"])
def test_change_of_another_sites_onboarding_raises_not_found(harness, step):
    made, _ = create(harness)
    for id_ in (made.id, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            getattr(harness.host_api.change, step)(BANK, id_)


@pytest.mark.parametrize("step", ["link", "cancel"])
@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED, Status.EXPIRED])
def test_change_of_an_ended_onboarding_raises_conflict(harness, adas, step, status):
    harness.put(adas, status=status)
    with pytest.raises(Conflict):
        getattr(harness.host_api.change, step)(SHOP, adas)


def test_cancel_withdraws_and_deletes_the_process_that_the_user_has_not_finished(harness, adas):
    canceled, _ = harness.host_api.change.cancel(SHOP, adas)
    assert canceled.status is Status.CANCELED
    assert [each.code for each in canceled.reasons] == [ReasonCode.WITHDRAWN]
    assert harness.gateway.count("delete") == 0, "a slow gateway must not keep the caller waiting"
    assert harness.run_due() == 1
    assert harness.gateway.count("delete") == 1
    assert harness.timeline(adas)[-1].actor == "host"
    again, _ = harness.host_api.change.cancel(SHOP, adas)
    assert (again.status, again.version) == (Status.CANCELED, canceled.version)


def test_cancel_before_the_start_calls_no_gateway(harness):
    made, _ = create(harness)
    harness.host_api.change.cancel(SHOP, made.id)
    assert not harness.gateway.calls


def test_cancel_of_a_submitted_onboarding_keeps_its_process(harness, adas):
    harness.back(adas)
    assert harness.host_api.change.cancel(SHOP, adas)[0].status is Status.CANCELED
    assert harness.gateway.count("delete") == 0
    harness.poll_answered(adas, "VERIFIED")
    assert harness.status(adas) is Status.VERIFIED


def test_cancel_while_the_gateway_is_away_deletes_later(harness, adas):
    harness.gateway.errors["delete"].append(Unavailable("no answer", maybe_sent=True))
    assert harness.host_api.change.cancel(SHOP, adas)[0].status is Status.CANCELED
    with pytest.raises(GatewayUnavailable):
        harness.run_due()
    assert harness.run_due() == 1
    assert adas not in harness.gateway.processes
    harness.clock.advance(days=1)
    assert harness.run_due() == 0


@pytest.mark.parametrize("error", [Unauthorized, RequestRefused])
def test_cancel_whose_process_cannot_be_deleted_is_polled_no_more(harness, adas, error):
    harness.gateway.errors["delete"].append(error("delete: refused", status=400))
    harness.host_api.change.cancel(SHOP, adas)
    assert harness.run_due() == 1
    harness.clock.advance(days=1)
    assert harness.run_due() == 0


def test_cancel_of_what_the_user_has_just_finished_keeps_its_process(harness, adas):
    harness.host_api.change.cancel(SHOP, adas)
    harness.set_gateway_word(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED
    assert harness.gateway.count("delete") == 0


def test_cancel_during_the_create_call_deletes_the_process_that_it_brings(harness, ada):
    def cancel(onboarding_id):
        harness.host_api.change.cancel(SHOP, onboarding_id)
        harness.run_due()  # finds no process yet

    harness.gateway.during_call["create"] = cancel
    id_ = harness.begin(ada)
    assert harness.status(id_) is Status.CANCELED
    harness.run_due()
    assert id_ not in harness.gateway.processes
    assert harness.run_due() == 0


def test_notice_about_a_canceled_onboarding_does_not_end_before_it_is_polled(harness, adas):
    harness.host_api.change.cancel(SHOP, adas)
    harness.set_gateway_word(adas, "PENDING_VERIFICATION")
    harness.notice(adas, "PENDING_VERIFICATION")
    harness.run_due()
    assert harness.status(adas) is Status.IN_REVIEW
    assert adas in harness.gateway.processes


def test_cancel_by_an_account_that_may_not_delete_is_polled_until_a_day_after_the_expiry(
    harness, adas
):
    harness.gateway.errors["delete"] += [Forbidden("delete: answered 403", status=403)] * 9
    harness.host_api.change.cancel(SHOP, adas)
    harness.clock.moment = harness.row(adas).expires_at
    with pytest.raises(GatewayForbidden):
        harness.run_due()
    harness.gateway_poll.postpone(adas)
    harness.clock.advance(days=1)
    assert harness.run_due() == 1
    harness.clock.advance(days=1)
    assert harness.run_due() == 0


def test_cancel_keeps_a_process_with_a_capture_beside_a_new_onboarding(harness, adas, ada):
    """The old onboarding cannot become active again; its verdict may still come."""
    harness.host_api.change.cancel(SHOP, adas)
    harness.begin(ada)
    harness.set_gateway_word(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.CANCELED
    assert adas in harness.gateway.processes
