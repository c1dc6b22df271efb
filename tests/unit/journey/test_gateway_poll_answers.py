"""gateway_poll: times, ids and unreadable answers of the gateway, and announcing notices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.journey.fakes import NOW, away
from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import GatewayMixedUp, GatewayUnreadable
from webapp.domain.onboarding import Status
from webapp.gateway.errors import InvalidResponse
from webapp.gateway.models import TIME_ZONE, ProcessData
from webapp.journey import gateway_answer


def alarms(harness: JourneyHarness) -> set[str]:
    with harness.database.reading() as work:
        return set(work.alarms.active())


@pytest.mark.parametrize(
    ("stated", "decided"),
    [
        ("0001-01-01T00:00:00Z", timedelta(hours=1)),
        ("2026-11-23T11:54:00Z", timedelta(hours=1)),
        ("2026-11-23T11:56:00Z", -timedelta(minutes=4)),
        ("2026-11-23T12:30:00Z", timedelta(minutes=30)),
        ("2026-11-23T13:04:00Z", timedelta(minutes=64)),
        ("2026-11-23T13:06:00Z", timedelta(hours=1)),
        ("soon", timedelta(hours=1)),
    ],
)
def test_poll_with_a_verdict_believes_possible_times_only(harness, adas, stated, decided):
    harness.clock.advance(hours=1)
    harness.poll_answered(adas, "VERIFIED", verificationTime=stated)
    assert harness.row(adas).decided_at == NOW + decided


def test_decision_time_in_the_double_hour_is_the_meaning_that_fits(harness, adas):
    """Of 02:30 in Madrid, an hour later than the first one: the onboarding began in between."""
    created = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    answer = ProcessData.model_validate(
        {
            "scanId": adas,
            "verificationResult": "VERIFIED",
            "verificationTime": "2026-10-25 02:30:00",
            "raw": {},
        },
        context={TIME_ZONE: ZoneInfo("Europe/Madrid")},
    )
    row = replace(harness.row(adas), created_at=created)
    now = created + timedelta(hours=1)
    after = gateway_answer.apply_answer(row, Status.VERIFIED, answer, now, {})
    assert after.decided_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_poll_with_unreadable_answer_raises_alarm_until_it_is_readable(harness, adas, ada, ben):
    bens = harness.begin(ben)
    harness.gateway.errors["read"].append(InvalidResponse("read: not JSON", status=200))
    with pytest.raises(GatewayUnreadable):
        harness.gateway_poll.poll(adas)
    assert alarms(harness) == {"gateway_unreadable"}
    harness.poll_answered(bens, "PENDING_VERIFICATION")
    assert alarms(harness) == {"gateway_unreadable"}, "another answer proves nothing"
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert alarms(harness) == set()


def test_unreadable_answer_alarm_ends_an_hour_later_with_any_answer(harness, adas, ben):
    bens = harness.begin(ben)
    harness.gateway.errors["read"].append(InvalidResponse("read: not JSON", status=200))
    with pytest.raises(GatewayUnreadable):
        harness.gateway_poll.poll(adas)
    harness.clock.advance(hours=2)
    harness.poll_answered(bens, "PENDING_VERIFICATION")
    assert alarms(harness) == set()


def test_poll_with_scan_id_of_another_onboarding_raises_mixed_up(harness, adas, ben):
    bens = harness.begin(ben)
    harness.set_gateway_word(adas, "VERIFIED", scanId=bens)
    with pytest.raises(GatewayMixedUp):
        harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.STARTED
    assert alarms(harness) == {"gateway_mixed_up"}


def test_poll_with_unknown_scan_id_keeps_it_on_the_timeline(harness, adas):
    other = unknown_id()
    harness.poll_answered(adas, "VERIFIED", scanId=other)
    assert harness.status(adas) is Status.VERIFIED
    assert harness.timeline(adas)[-1].detail["scan_id"] == other


def test_notice_without_an_answer_asks_the_user_to_wait(harness, adas, ada):
    harness.gateway_poll.poll(adas)
    assert harness.result.status(ada, adas).next == "continue"
    harness.notice(adas, "VERIFIED")
    view = harness.result.status(ada, adas)
    assert (view.status, view.next, view.shown_status) == (
        Status.STARTED,
        "wait",
        Status.SUBMITTED,
    )
    assert harness.present.show(ada, adas).kind == "waiting"
    assert harness.present.home(ada).action == "see"
    harness.gateway.errors["read"].append(away())
    assert harness.begin(ada) == adas
    harness.gateway_poll.poll(adas)
    assert harness.result.status(ada, adas).next == "continue", "the gateway knows better"


def test_notice_about_evidence_lets_the_user_continue(harness, adas, ada):
    harness.gateway_poll.poll(adas)
    harness.notice(adas, "VIDEO_AVAILABLE")
    assert harness.result.status(ada, adas).next == "continue"
    assert harness.present.show(ada, adas).kind == "frame"
