"""Processes of another system are read at the gateway and taken over once."""

from datetime import timedelta

import pytest

from tests.unit.domain.samples import NOW
from tests.unit.journey.harness import JourneyHarness, unknown_id
from tests.unit.store.rows import in_threads
from webapp.domain.errors import GatewayUnavailable
from webapp.domain.onboarding import Onboarding, Status
from webapp.gateway.errors import Unavailable
from webapp.hostsite.sender import MessageClient
from webapp.journey.adopt import AdoptRequest, NotAdopted
from webapp.journey.notice_forwarding import NoticeForwarding, OlderReceiver


def request(subject: str = "ada", flow: str | None = None, scan_id: str | None = None):
    return AdoptRequest("shop", flow, subject, scan_id or unknown_id())


def adopt(harness: JourneyHarness, wanted: AdoptRequest, **options: bool) -> Onboarding:
    return harness.adopt.store(harness.adopt.look_up(wanted), **options)


def adopted(harness: JourneyHarness, word: str, subject: str = "ada", **more: str) -> Onboarding:
    """Adopt a process about which the gateway says `word`, and return the stored row."""
    wanted = request(subject)
    harness.set_gateway_word(wanted.scan_id, word, **more)
    return harness.row(adopt(harness, wanted).id)


def messages(harness: JourneyHarness, onboarding_id: str) -> list[str]:
    with harness.database.reading() as work:
        return [each.type for each in work.messages.of(onboarding_id)]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("", Status.STARTED),
        ("PENDING_VALIDATION", Status.DECIDING),
        ("PENDING_VERIFICATION", Status.IN_REVIEW),
        ("VERIFIED", Status.VERIFIED),
        ("NOT_VERIFIED", Status.REJECTED),
    ],
)
def test_adopt_takes_the_status_from_the_gateway(harness, word, status):
    row = adopted(harness, word)
    assert (row.status, row.adopted, row.hosted_url) == (status, True, None)
    assert harness.events(row.id) == ["adopted"]
    assert messages(harness, row.id) == [f"onboarding.{status}"]


def test_adopt_of_a_verdict_keeps_its_time_agent_and_reason(harness):
    row = adopted(
        harness,
        "NOT_VERIFIED",
        creationTime="2026-11-01T08:00:00Z",
        verificationTime="2026-11-01T09:30:00Z",
        agent="agent.demo",
        rejectionReason="expired document",
    )
    assert row.created_at == NOW.replace(month=11, day=1, hour=8)
    assert row.decided_at == NOW.replace(month=11, day=1, hour=9, minute=30)
    assert (row.decided_by, row.rejection_reason) == ("agent.demo", "expired document")
    assert [str(each.code) for each in row.reasons] == ["document_expired"]


def test_adopt_without_announcing_writes_no_message_and_later_changes_do(harness):
    wanted = request()
    harness.set_gateway_word(wanted.scan_id, "PENDING_VERIFICATION")
    adopt(harness, wanted, announces=False)
    assert messages(harness, wanted.scan_id) == []
    harness.poll_answered(wanted.scan_id, "VERIFIED")
    assert messages(harness, wanted.scan_id) == ["onboarding.verified"]


def test_adopt_again_changes_nothing_and_reads_nothing(harness):
    wanted = request()
    harness.set_gateway_word(wanted.scan_id, "VERIFIED")
    first = harness.row(adopt(harness, wanted).id)
    reads = harness.gateway.count("read")
    assert adopt(harness, wanted).version == first.version
    assert harness.gateway.count("read") == reads
    assert harness.events(first.id) == ["adopted"]


def test_adopt_by_several_callers_stores_one_onboarding(harness):
    wanted = request()
    harness.set_gateway_word(wanted.scan_id, "VERIFIED")
    found = harness.adopt.look_up(wanted)
    rows = in_threads(4, lambda: harness.adopt.store(found))
    assert {row.id for row in rows} == {wanted.scan_id}
    assert harness.events(wanted.scan_id) == ["adopted"]
    assert messages(harness, wanted.scan_id) == ["onboarding.verified"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"site": "sohp"}, "no such site"),
        ({"flow": "nowhere"}, "no such flow: site shop has default"),
        ({"scan_id": "marker"}, "scanId is no UUID"),
        ({"subject": ""}, "subject is no user id"),
        ({"subject": "ada\x07marker"}, "subject is no user id"),
        ({}, "the gateway does not show this process"),
    ],
)
def test_adopt_of_a_bad_line_says_why_without_its_values(harness, changes, problem):
    values = {"site": "shop", "flow": None, "subject": "marker", "scan_id": unknown_id(), **changes}
    with pytest.raises(NotAdopted, match=problem) as raised:
        harness.adopt.look_up(AdoptRequest(**values))
    assert "marker" not in str(raised.value)


def test_adopt_of_another_users_onboarding_is_refused(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED")
    with pytest.raises(NotAdopted, match="another user"):
        harness.adopt.look_up(request("ben", scan_id=adas))
    assert adopt(harness, request("ada", scan_id=adas)).id == adas, "her own is here already"


def test_adopt_beside_an_active_onboarding_is_refused_unless_it_has_ended(harness, adas):
    open_one, ended = request(), request()
    harness.set_gateway_word(open_one.scan_id, "PENDING_VERIFICATION")
    harness.set_gateway_word(ended.scan_id, "NOT_VERIFIED")
    with pytest.raises(NotAdopted, match=adas):
        adopt(harness, open_one)
    assert adopt(harness, ended).status is Status.REJECTED
    assert harness.status(adas) is Status.STARTED


def test_adopt_stores_nothing_when_the_user_starts_here_meanwhile(harness, ada):
    wanted = request()
    harness.set_gateway_word(wanted.scan_id, "PENDING_VERIFICATION")
    found = harness.adopt.look_up(wanted)
    started = harness.begin(ada)
    with pytest.raises(NotAdopted, match=started):
        harness.adopt.store(found)
    assert [row.id for row in harness.rows(ada)] == [started]


def test_adopt_while_the_gateway_is_away_stores_nothing(harness):
    wanted = request()
    harness.gateway.errors["read"].append(Unavailable("no answer"))
    with pytest.raises(GatewayUnavailable):
        adopt(harness, wanted)
    with harness.database.reading() as work:
        assert work.onboardings.get(wanted.scan_id) is None


def test_adopt_after_its_notice_polls_at_once_and_is_not_forwarded(harness):
    wanted = request()
    harness.notice(wanted.scan_id, "VERIFIED")
    with harness.database.writing() as work:
        work.connection.exec_driver_sql("UPDATE inbox SET forward_at = first_seen_at")
    harness.set_gateway_word(wanted.scan_id, "PENDING_VERIFICATION")
    adopt(harness, wanted)
    client = MessageClient(harness.clock)
    forwarding = NoticeForwarding(
        harness.deps, client, OlderReceiver("https://older.example", {"X-A": "1"})
    )
    assert forwarding.claim(5) == []
    assert harness.due_ids() == [wanted.scan_id]
    harness.set_gateway_word(wanted.scan_id, "VERIFIED")
    harness.run_due()
    assert harness.status(wanted.scan_id) is Status.VERIFIED
    assert harness.open_notices(wanted.scan_id) == []


def test_adopted_final_onboarding_is_polled_for_its_recording(harness):
    row = adopted(harness, "VERIFIED")
    assert row.next_poll_at is not None
    harness.clock.advance(minutes=2)
    assert harness.run_due() == 1
    assert harness.row(row.id).next_poll_at == row.decided_at + timedelta(minutes=10)


def test_start_of_an_adopted_onboarding_makes_a_new_process_if_nothing_was_captured(harness, ada):
    row = adopted(harness, "")
    assert harness.present.show(ada, row.id).kind == "consent"
    new_id = harness.begin(ada)
    assert new_id != row.id
    assert harness.present.show(ada, new_id).kind == "frame"
    assert harness.row(row.id).replaced_by == new_id


def test_start_of_an_adopted_onboarding_that_was_captured_meanwhile_continues_it(harness, ada):
    row = adopted(harness, "")
    harness.set_gateway_word(row.id, "PENDING_VERIFICATION")
    assert harness.begin(ada) == row.id
    assert harness.status(row.id) is Status.IN_REVIEW
    assert harness.gateway.count("create") == 0


def test_adopted_onboarding_lives_for_the_flows_time_from_its_adoption(harness):
    row = adopted(harness, "", creationTime="2026-01-01T08:00:00Z")
    assert row.expires_at == NOW + timedelta(hours=48)
