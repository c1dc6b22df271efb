"""returned: returns of the browser, which never decide, and their signed references."""

import pytest

from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import ReferenceExpired, ReferenceTampered
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.return_references import SignedReferences


def test_record_return_submits_and_makes_a_poll_due(harness, adas):
    returned = harness.back(adas)
    assert (returned.onboarding_id, returned.site.id, returned.error_note) == (adas, "shop", None)
    assert harness.status(adas) is Status.SUBMITTED
    assert harness.row(adas).submitted_at == harness.clock()
    assert harness.due_ids() == [adas]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("permissionError", ReasonCode.PERMISSION_DENIED),
        ("<script>marker</script>", ReasonCode.HOSTED_ERROR),
    ],
)
def test_record_return_with_an_error_interrupts_with_its_reason(harness, adas, error, code):
    assert harness.back(adas, error).error_note == code
    row = harness.row(adas)
    assert (row.status, row.interruptions) == (Status.INTERRUPTED, 1)
    assert [reason.code for reason in row.reasons] == [code]
    assert "marker" not in str(harness.timeline(adas))
    harness.back(adas)
    assert (harness.status(adas), harness.row(adas).reasons) == (Status.SUBMITTED, ())


def test_record_return_repeated_counts_one_interruption(harness, adas):
    for _ in range(3):
        harness.back(adas, "permissionError")
    assert harness.row(adas).interruptions == 1
    assert harness.events(adas).count("returned") == 1


@pytest.mark.parametrize("tamper", ["", "x", "{0}x", "x{0}", "../{0}", "{1}.{2}"])
def test_record_return_with_a_tampered_reference_is_refused(harness, adas, tamper):
    reference, bens = harness.references.sign(adas), unknown_id()
    altered = tamper.format(reference, bens, reference.rpartition(".")[2])
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(altered, None)
    assert harness.status(adas) is Status.STARTED


def test_signed_references_after_a_key_rotation_verify_old_ones(harness, adas):
    rotated = SignedReferences("https://shop.example", ["newer key", "a key to sign with"])
    assert rotated.verify(harness.references.sign(adas)) == adas
    with pytest.raises(ReferenceTampered):
        harness.references.verify(rotated.sign(adas))


@pytest.mark.parametrize("case", ["too late", "unknown onboarding", "removed site"])
def test_return_to_nothing_that_can_be_shown_raises_reference_expired(harness, adas, case):
    if case == "too late":
        harness.clock.advance(hours=48 + 24)
        harness.back(adas)
        harness.clock.advance(seconds=1)
    sites = {} if case == "removed site" else harness.sites
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites)
    onboarding_id = unknown_id() if case == "unknown onboarding" else adas
    with pytest.raises(ReferenceExpired):
        later.back(onboarding_id)
    with pytest.raises(ReferenceExpired):
        later.returned.view_return(later.references.sign(onboarding_id))
    later.close()


@pytest.mark.parametrize("status", [Status.DECIDING, Status.REJECTED])
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
