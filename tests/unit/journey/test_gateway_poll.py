"""progress: only the gateway's own answer moves an onboarding, forward and never back."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.journey.fakes import NOW, away
from tests.unit.journey.house import House, unknown_id
from webapp.domain.errors import GatewayForbidden, GatewayMixedUp, GatewayUnavailable
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.gateway.errors import Conflict, Forbidden, Refused, Unauthorised, WrongProcess
from webapp.wiring import degraded


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


def seconds_until_due(house: House, onboarding_id: str) -> float | None:
    at = house.row(onboarding_id).next_poll_at
    return None if at is None else (at - house.clock()).total_seconds()


def read_times(house: House, onboarding_id: str, count: int) -> list[float]:
    """Do what is due until `count` reads have happened; when they did, in seconds from now."""
    start, times = house.clock(), []
    for _ in range(count):
        wait = seconds_until_due(house, onboarding_id)
        assert wait is not None
        house.clock.turn(seconds=max(wait, 0))
        times.append((house.clock() - start).total_seconds())
        house.run_due()
    return times


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING_VERIFICATION", Status.IN_REVIEW),
        ("PENDING", Status.IN_REVIEW),
        ("VERIFIED", Status.VERIFIED),
        ("NOT_VERIFIED", Status.REJECTED),
    ],
)
def test_the_gateways_answer_becomes_the_status_and_its_word_is_kept(house, adas, word, status):
    house.said(adas, word)
    house.progress.read(adas)
    row = house.row(adas)
    assert (row.status, row.gateway_status) == (status, word)
    assert "moved" in house.events(adas)


def test_a_verdict_comes_with_when_by_whom_and_why(house, adas):
    house.said(
        adas,
        "NOT_VERIFIED",
        agent="olga@vendor",
        rejectionReason="Expired Document",
        verificationTime="2026-11-23T12:05:00Z",
    )
    house.progress.read(adas)
    row = house.row(adas)
    assert row.decided_at == datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    assert (row.decided_by, row.rejection_reason) == ("olga@vendor", "Expired Document")
    assert [reason.code for reason in row.reasons] == [ReasonCode.DOCUMENT_EXPIRED]


def test_no_word_of_an_agent_reaches_the_timeline(house, adas):
    house.said(adas, "NOT_VERIFIED", agent="agent-marker", rejectionReason="reason-marker")
    house.progress.read(adas)
    assert "marker" not in str(house.timeline(adas))


def test_unknown_words_are_kept_and_change_nothing(house, adas):
    house.said(adas, "A_WORD_OF_NEXT_YEAR")
    house.progress.read(adas)
    row = house.row(adas)
    assert (row.status, row.gateway_status) == (Status.STARTED, "A_WORD_OF_NEXT_YEAR")


@pytest.mark.parametrize("problem", [Unauthorised("401"), Refused("400"), Conflict("409")])
def test_a_process_the_gateway_will_not_speak_of_has_nothing_yet(house, adas, problem):
    house.gateway.processes[adas] = "VERIFIED"
    house.gateway.trouble["read"].append(problem)
    house.progress.read(adas)
    assert house.status(adas) is Status.STARTED
    assert seconds_until_due(house, adas) > 0


def test_after_it_had_a_state_a_401_takes_nothing_back(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    house.progress.read(adas)
    house.gateway.processes[adas] = None
    house.progress.read(adas)
    assert house.status(adas) is Status.IN_REVIEW


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (away(), GatewayUnavailable),
        (Forbidden("403"), GatewayForbidden),
        (WrongProcess("?"), GatewayUnavailable),
    ],
)
def test_a_gateway_that_cannot_be_asked_changes_nothing_and_the_read_stays_due(
    house, adas, problem, becomes
):
    house.clock.turn(minutes=2)
    before = house.row(adas)
    house.gateway.trouble["read"].append(problem)
    with pytest.raises(becomes):
        house.progress.read(adas)
    assert house.row(adas) == before
    assert [id_ for id_, _ in house.progress.due()] == [adas]


def test_an_answer_about_another_process_rings_for_a_day_after_its_last_time(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    house.gateway.trouble["read"].append(WrongProcess("?"))
    with pytest.raises(GatewayMixedUp):
        house.progress.read(adas)
    house.clock.turn(hours=23)
    house.progress.read(adas)
    assert ringing(house) == {"gateway_mixed_up"}, "good answers to others prove nothing"
    house.clock.turn(hours=2)
    house.progress.read(adas)
    assert ringing(house) == set()


def ringing(house):
    with house.database.reading() as work:
        return set(work.alarms.ringing())


def test_a_postponed_read_comes_back_on_the_slow_schedule(house, adas):
    house.back(adas)
    house.progress.postpone(adas)
    assert house.progress.due() == []
    assert seconds_until_due(house, adas) == 60
    assert "gateway_away" in house.events(adas)
    house.clock.turn(minutes=1)
    house.said(adas, "VERIFIED")
    assert house.run_due() == 1
    assert house.status(adas) is Status.VERIFIED


def test_what_somebody_has_planned_meanwhile_is_not_postponed(house, adas):
    planned = seconds_until_due(house, adas)
    assert planned > 0
    house.progress.postpone(adas)
    assert seconds_until_due(house, adas) == planned


def test_reading_what_does_not_exist_is_nothing(house):
    house.progress.read(unknown_id())
    assert house.gateway.calls == []


def test_repetition_changes_nothing_the_second_time(house, adas):
    house.said(adas, "VERIFIED")
    house.progress.read(adas)
    first = house.row(adas)
    house.progress.read(adas)
    assert house.row(adas).version == first.version
    assert house.events(adas).count("moved") == 1


def test_answers_out_of_order_never_lead_back(house, adas):
    for word in ("PENDING_VERIFICATION", "PENDING_VALIDATION", "VERIFIED", "PENDING_VERIFICATION"):
        house.said(adas, word)
        house.progress.read(adas)
    assert house.status(adas) is Status.VERIFIED


def test_a_contradiction_is_kept_for_operators_and_does_not_move(house, adas):
    house.said(adas, "VERIFIED")
    house.progress.read(adas)
    house.said(adas, "NOT_VERIFIED")
    house.progress.read(adas)
    row = house.row(adas)
    assert (row.status, row.gateway_status, row.reasons) == (Status.VERIFIED, "NOT_VERIFIED", ())
    assert "gateway_contradicts" in house.events(adas)


def test_after_a_return_the_gateway_is_read_at_0_2_4_8_15_and_30_seconds(house, adas):
    house.back(adas)
    assert read_times(house, adas, 7) == [0, 2, 4, 8, 15, 30, 90]


def test_silence_is_noticed_by_reconcile_after(house, adas):
    assert read_times(house, adas, 3) == [60, 360, 2160]


def test_an_onboarding_never_finished_expires_at_its_time(house, adas):
    read_times(house, adas, 5)
    assert house.status(adas) is Status.STARTED
    read_times(house, adas, 1)
    row = house.row(adas)
    assert (row.status, row.next_poll_at) == (Status.EXPIRED, None)
    assert house.clock() - NOW == timedelta(hours=48)


def test_what_a_reviewer_has_in_hand_does_not_expire(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    house.progress.read(adas)
    house.clock.turn(days=10)
    house.run_due()
    assert house.status(adas) is Status.IN_REVIEW
    assert seconds_until_due(house, adas) > 0


@pytest.mark.parametrize("ended", [Status.EXPIRED, Status.CANCELED])
def test_a_late_verdict_moves_our_own_ending_on(house, adas, ended):
    house.put(adas, status=ended, next_poll_at=None)
    house.said(adas, "VERIFIED")
    house.notice(adas, "VERIFIED")
    house.run_due()
    assert house.status(adas) is Status.VERIFIED


def test_a_replaced_one_that_goes_on_at_the_gateway_does_not_push_its_successor_out(house, ada):
    old = house.begin(ada)
    house.put(old, status=Status.INTERRUPTED, interruptions=2)
    house.gateway.trouble["delete"].append(away())
    new = house.begin(ada)
    house.said(old, "PENDING_VERIFICATION")
    house.notice(old, "PENDING_VERIFICATION")
    house.run_due()
    row = house.row(old)
    assert (row.status, row.gateway_status) == (Status.CANCELED, "PENDING_VERIFICATION")
    assert house.open_notices(old) == []
    assert house.status(new) is Status.STARTED

    house.said(old, "VERIFIED")
    house.notice(old, "VERIFIED")
    house.run_due()
    assert house.status(old) is Status.VERIFIED


def test_pending_validation_is_handed_to_review_at_once(house, adas):
    house.said(adas, "PENDING_VALIDATION")
    house.progress.read(adas)
    assert house.gateway.calls[-1] == ("send_to_review", adas)
    assert "sent_to_review" in house.events(adas)
    assert house.run_due() == 1
    assert house.status(adas) is Status.IN_REVIEW


def test_a_review_request_whose_answer_is_lost_is_read_back(house, adas):
    house.said(adas, "PENDING_VALIDATION")
    house.gateway.lost["send_to_review"] = 1
    with pytest.raises(GatewayUnavailable):
        house.progress.read(adas)
    assert house.status(adas) is Status.DECIDING
    read_times(house, adas, 1)
    assert house.status(adas) is Status.IN_REVIEW


def test_a_review_the_gateway_does_not_take_is_not_asked_for_in_a_tight_circle(house, adas):
    house.said(adas, "PENDING_VALIDATION")
    house.gateway.trouble["send_to_review"].extend(Conflict("409") for _ in range(9))
    house.progress.read(adas)
    times = read_times(house, adas, 5)
    assert times == sorted(set(times)), "each read later than the one before"
    assert times[-1] >= 30
    assert "sent_to_review" not in house.events(adas)


def test_a_site_that_has_gone_from_the_settings_stops_nothing(house, adas):
    later = House(house.address, house.gateway, house.clock, sites={})
    house.said(adas, "NOT_VERIFIED", rejectionReason="minor")
    later.progress.read(adas)
    later.close()
    assert house.status(adas) is Status.REJECTED


@pytest.mark.parametrize("happens", ["notice", "return"])
def test_who_sets_the_clock_while_the_gateway_is_asked_is_not_overruled(house, adas, happens):
    def meanwhile(id_: str) -> None:
        house.clock.turn(seconds=1)
        if happens == "notice":
            house.notice(id_, "VERIFIED")
        else:
            house.back(id_)

    house.gateway.during["read"] = meanwhile
    house.clock.turn(minutes=1)
    house.run_due()
    assert seconds_until_due(house, adas) == 0


def test_what_the_host_is_to_decide_waits_for_the_host_and_then_goes_to_review(house, ada):
    adas = house.begin(ada, "host")
    house.said(adas, "PENDING_VALIDATION")
    house.progress.read(adas)
    assert house.status(adas) is Status.DECIDING
    assert house.gateway.count("send_to_review") == 0

    began = house.clock()
    while house.gateway.count("send_to_review") == 0:
        read_times(house, adas, 1)
    assert house.clock() - began == timedelta(minutes=60)
    house.run_due()
    assert house.status(adas) is Status.IN_REVIEW


def test_a_process_the_gateway_has_lost_is_given_up_after_three_reads_and_a_day(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    house.progress.read(adas)
    house.gateway.processes[adas] = None
    for hours in (0, 1, 2, 20.9):
        house.clock.turn(hours=hours)
        house.progress.read(adas)
        assert house.status(adas) is Status.IN_REVIEW
    house.clock.turn(hours=0.1)
    house.progress.read(adas)
    row = house.row(adas)
    assert (row.status, row.next_poll_at) == (Status.CANCELED, None)
    assert [reason.code for reason in row.reasons] == [ReasonCode.GATEWAY_LOST]


def test_two_reads_far_apart_are_too_few_to_give_a_process_up(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    house.progress.read(adas)
    house.gateway.processes[adas] = None
    house.progress.read(adas)
    house.clock.turn(days=3)
    house.progress.read(adas)
    assert house.status(adas) is Status.IN_REVIEW


def test_one_answer_in_between_and_the_count_begins_anew(house, adas):
    house.said(adas, "PENDING_VERIFICATION")
    for word in ("PENDING_VERIFICATION", None, None, "PENDING_VERIFICATION", None, None):
        house.clock.turn(days=1)
        house.gateway.processes[adas] = word
        house.progress.read(adas)
    row = house.row(adas)
    assert (row.status, row.unanswered_polls) == (Status.IN_REVIEW, 2)


def test_what_has_been_erased_is_not_asked_about_any_more(house, ada):
    found = house.begin(ada)
    house.put(found, status=Status.ERASED)
    house.notice(found, "VERIFIED")
    asked = house.gateway.count("read")
    house.run_due()
    assert house.gateway.count("read") == asked
    assert (house.status(found), house.row(found).next_poll_at) == (Status.ERASED, None)


def test_a_word_longer_than_its_column_is_cut_and_changes_nothing(house, ada):
    found = house.begin(ada)
    house.said(found, "A_WORD_NOBODY_KNOWS_" * 10)
    house.progress.read(found)
    assert house.status(found) is Status.STARTED
    assert house.row(found).gateway_status == ("A_WORD_NOBODY_KNOWS_" * 10)[:64]


def test_a_right_that_our_account_lacks_rings_until_the_gateway_answers_again(house, ada):
    found = house.begin(ada)
    house.gateway.trouble["read"].append(Forbidden("read: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        house.progress.read(found)
    assert [each.split(" (")[0] for each in degraded(house.database)] == [
        "the gateway answers 403: ask the vendor for the right our account lacks"
    ]
    house.said(found, "VERIFIED")
    house.progress.read(found)
    assert degraded(house.database) == []
