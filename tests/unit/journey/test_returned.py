"""returned: returns of the browser, which never decide, and their signed references."""

import pytest

from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import ReferenceExpired, ReferenceTampered
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.return_references import SignedReferences


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


def test_record_return_submits_and_makes_a_poll_due(harness, adas):
    returned = harness.back(adas)
    assert (returned.onboarding_id, returned.site.id, returned.error_kind) == (adas, "shop", None)
    assert harness.status(adas) is Status.SUBMITTED
    assert harness.row(adas).submitted_at == harness.clock()
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("permissionError", ReasonCode.PERMISSION_DENIED),
        ("hardwareError", ReasonCode.CAMERA_UNAVAILABLE),
        ("connectionError", ReasonCode.CONNECTION_LOST),
        ("timeoutError", ReasonCode.TIMED_OUT),
        ("<script>marker</script>", ReasonCode.HOSTED_ERROR),
    ],
)
def test_record_return_with_an_error_interrupts_with_its_reason(harness, adas, error, code):
    returned = harness.back(adas, error)
    row = harness.row(adas)
    assert returned.error_kind == code
    assert (row.status, row.interruptions) == (Status.INTERRUPTED, 1)
    assert [reason.code for reason in row.reasons] == [code]
    assert "marker" not in str(harness.timeline(adas))


def test_record_return_repeated_counts_one_interruption(harness, adas):
    for _ in range(3):
        harness.back(adas, "permissionError")
    assert harness.row(adas).interruptions == 1
    assert harness.events(adas).count("returned") == 1


def test_record_return_after_an_error_clears_the_reason(harness, adas):
    harness.back(adas, "permissionError")
    harness.back(adas)
    row = harness.row(adas)
    assert (row.status, row.reasons) == (Status.SUBMITTED, ())


@pytest.mark.parametrize("tamper", ["", "x", "{0}x", "x{0}", "../{0}"])
def test_record_return_with_a_tampered_reference_is_refused(harness, adas, tamper):
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(tamper.format(harness.references.sign(adas)), None)
    assert harness.status(adas) is Status.STARTED


def test_record_return_signed_with_another_key_is_refused(harness, adas):
    foreign = SignedReferences("https://shop.example", ["another key"])
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(foreign.sign(adas), None)


def test_record_return_with_a_swapped_signature_is_refused(harness, adas, ben):
    bens = harness.begin(ben)
    _id, _, signature = harness.references.sign(adas).rpartition(".")
    claimed, _, _signature = harness.references.sign(bens).rpartition(".")
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(f"{claimed}.{signature}", None)


def test_signed_references_after_a_key_rotation_verify_old_ones(harness, adas):
    rotated = SignedReferences("https://shop.example", ["newer key", "a key to sign with"])
    assert rotated.verify(harness.references.sign(adas)) == adas
    without = SignedReferences("https://shop.example", ["newer key"])
    assert without.verify(rotated.sign(adas)) == adas


def test_return_after_the_grace_period_raises_reference_expired(harness, adas):
    harness.clock.advance(hours=48 + 24, seconds=1)
    for step in (
        harness.back,
        lambda id_: harness.returned.view_return(harness.references.sign(id_)),
    ):
        with pytest.raises(ReferenceExpired):
            step(adas)


def test_return_to_an_unknown_onboarding_raises_reference_expired(harness):
    for step in (
        harness.back,
        lambda id_: harness.returned.view_return(harness.references.sign(id_)),
    ):
        with pytest.raises(ReferenceExpired):
            step(unknown_id())


def test_return_to_a_removed_site_raises_reference_expired(harness, adas):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    for step in (later.back, lambda id_: later.returned.view_return(later.references.sign(id_))):
        with pytest.raises(ReferenceExpired):
            step(adas)
    later.close()


def test_view_return_changes_nothing(harness, adas):
    before = harness.row(adas)
    harness.returned.view_return(harness.references.sign(adas))
    assert harness.row(adas) == before


@pytest.mark.parametrize(
    "status", [Status.DECIDING, Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED]
)
@pytest.mark.parametrize("error", [None, "permissionError"])
def test_record_return_after_a_gateway_answer_keeps_status_and_reasons(
    harness, adas, status, error
):
    harness.put(adas, status=status)
    harness.back(adas, error)
    assert (harness.status(adas), harness.row(adas).reasons) == (status, ())


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CANCELED])
def test_record_return_after_expiry_or_cancellation_makes_a_poll_due(harness, adas, status):
    """A user can finish just after the expiry, and notices may be switched off."""
    harness.put(adas, status=status, next_poll_at=None)
    harness.set_gateway_word(adas, "VERIFIED")
    harness.back(adas)
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_record_return_after_a_verdict_plans_no_poll(harness, adas, status):
    harness.put(adas, status=status, next_poll_at=None)
    harness.back(adas)
    assert harness.run_due() == 0
