"""What the gateway sends is recorded once; a difference from the contract raises an alarm."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.unit.journey.harness import JourneyHarness
from webapp.gateway.contract import DOCUMENT, PROCESS_DATA
from webapp.journey.degradations import find_degradations
from webapp.journey.gateway_facts import ABSENT_AFTER, GATEWAY_DRIFT, MAX_FACTS, GatewayFacts

VALUES = {"text": "x", "object": {}, "list": []}


def whole(word: str = "VERIFIED", **changes: Any) -> dict[str, Any]:
    """Process data with every documented member; None in `changes` leaves one out."""
    document = {name.removeprefix("document."): "x" for name in DOCUMENT}
    members = {name: VALUES[kind] for name, kind in PROCESS_DATA.items()}
    members |= {"verificationResult": word, "document": document, **changes}
    return {name: value for name, value in members.items() if value is not None}


@pytest.fixture
def facts(harness: JourneyHarness) -> GatewayFacts:
    return GatewayFacts(harness.database, harness.clock)


def alarm(harness: JourneyHarness) -> str | None:
    with harness.database.reading() as work:
        return work.alarms.details().get(GATEWAY_DRIFT)


def test_record_of_a_known_answer_costs_no_transaction(harness, facts):
    facts.record(whole())
    statements: list[str] = []
    event.listen(
        harness.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
    )
    facts.record(whole())
    assert statements == []


def test_record_by_another_process_stores_nothing_twice(harness, facts):
    facts.record(whole())
    GatewayFacts(harness.database, harness.clock).record(whole(extra=1))
    report = facts.report()
    assert [field.name for field in report.fields].count("extra") == 1
    assert all(len(field.shapes) == 1 for field in report.fields)


def test_record_of_all_documented_members_is_no_drift(harness, facts):
    facts.record(whole(anotherMember="x"))
    assert alarm(harness) is None
    assert facts.report().drift == ()


def test_record_of_null_members_is_no_drift(harness, facts):
    document = dict.fromkeys((name.removeprefix("document.") for name in DOCUMENT), None)
    nulls: dict[str, Any] = dict.fromkeys(PROCESS_DATA)
    facts.record({**nulls, "document": document, "verificationResult": "VERIFIED"})
    assert alarm(harness) is None


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"pdfChecksum": 5}, "pdfChecksum"),
        ({"images": {"face_now": "x"}}, "images"),
        ({"document": {"facialMatchingScore": 0.5}}, "document.facialMatchingScore"),
        ({"verificationResult": "ON_HOLD"}, "verificationResult"),
        ({"verificationResult": "Ada Lovelace"}, "verificationResult"),
    ],
)
def test_record_of_another_type_or_word_raises_the_alarm(harness, facts, changes, name):
    facts.record(whole(**changes))
    assert alarm(harness) == name
    (sentence,) = [each for each in find_degradations(harness.database) if "accept-drift" in each]
    assert name in sentence
    assert "Ada" not in sentence + str(facts.report())


def test_record_of_a_member_that_is_gone_raises_the_alarm_after_many_answers(harness, facts):
    facts.record(whole())
    for _ in range(ABSENT_AFTER - 1):
        facts.record(whole(licenseId=None))
    assert alarm(harness) is None
    facts.record(whole())  # it was only missing in some
    for _ in range(ABSENT_AFTER):
        facts.record(whole(licenseId=None))
    assert alarm(harness) == "licenseId"


def test_record_of_undecided_or_bare_processes_counts_no_member_as_gone(harness, facts):
    facts.record(whole())
    for _ in range(ABSENT_AFTER + 1):
        facts.record({"verificationResult": "PENDING_VERIFICATION"})
        facts.record(whole(document=None))
    assert alarm(harness) == "document", "its members are not counted without it"


def test_accept_drift_clears_the_alarm_for_good(harness, facts):
    facts.record(whole(pdfChecksum=5))
    (accepted,) = facts.accept_drift()
    assert "pdfChecksum is number; the contract says text" in accepted.sentence
    assert alarm(harness) is None
    GatewayFacts(harness.database, harness.clock).record(whole(pdfChecksum=6))
    assert alarm(harness) is None
    assert facts.report().drift[0].accepted_at == harness.clock()
    facts.record(whole(pdfChecksum=True))
    assert alarm(harness) == "pdfChecksum", "another difference is a new one"


def test_record_stops_at_its_limit(harness, facts):
    for start in range(0, MAX_FACTS + 400, 200):
        facts.record({f"name{number}": 1 for number in range(start, start + 200)})
    with harness.database.reading() as work:
        assert len(work.gateway_facts.all()) <= MAX_FACTS + 200


def test_poll_records_what_it_reads_and_report_has_the_words_of_notices(harness, adas):
    harness.notice(adas, "VERIFIED")
    harness.poll_answered(adas, "VERIFIED", pdfUrl="https://gateway.example/x")
    report = harness.deps.gateway_facts.report()
    shapes = {field.name: field.shapes for field in report.fields}
    assert shapes["pdfUrl"] == ("text: web address",)
    assert shapes["comment"] == ()
    assert (report.verdict_words, report.notice_words) == (("VERIFIED",), ("VERIFIED",))
