"""returned: a browser is back. A hint that never decides, the same for everybody."""

import pytest

from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import ReferenceExpired, ReferenceTampered
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.return_references import SignedReferences


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


def test_a_return_is_taken_as_done_and_has_the_gateway_asked(harness, adas):
    told = harness.back(adas)
    assert (told.onboarding_id, told.site.id, told.error_kind) == (adas, "shop", None)
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
def test_an_error_is_an_interruption_with_its_reason(harness, adas, error, code):
    told = harness.back(adas, error)
    row = harness.row(adas)
    assert told.error_kind == code
    assert (row.status, row.interruptions) == (Status.INTERRUPTED, 1)
    assert [reason.code for reason in row.reasons] == [code]
    assert "marker" not in str(harness.timeline(adas))


def test_a_reload_of_the_return_page_counts_nothing_twice(harness, adas):
    for _ in range(3):
        harness.back(adas, "permissionError")
    assert harness.row(adas).interruptions == 1
    assert harness.events(adas).count("returned") == 1


def test_a_later_success_of_the_same_address_clears_the_error(harness, adas):
    harness.back(adas, "permissionError")
    harness.back(adas)
    row = harness.row(adas)
    assert (row.status, row.reasons) == (Status.SUBMITTED, ())


@pytest.mark.parametrize("tamper", ["", "x", "{0}x", "x{0}", "../{0}"])
def test_a_tampered_reference_is_nobodys(harness, adas, tamper):
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(tamper.format(harness.references.sign(adas)), None)
    assert harness.status(adas) is Status.STARTED


def test_a_reference_signed_by_somebody_else_is_nobodys(harness, adas):
    foreign = SignedReferences("https://shop.example", ["another key"])
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(foreign.sign(adas), None)


def test_bens_id_under_adas_signature_is_nobodys(harness, adas, ben):
    bens = harness.begin(ben)
    _id, _, signature = harness.references.sign(adas).rpartition(".")
    claimed, _, _signature = harness.references.sign(bens).rpartition(".")
    with pytest.raises(ReferenceTampered):
        harness.returned.record_return(f"{claimed}.{signature}", None)


def test_after_a_key_rotation_old_references_still_work(harness, adas):
    rotated = SignedReferences("https://shop.example", ["newer key", "a key to sign with"])
    assert rotated.read(harness.references.sign(adas)) == adas
    without = SignedReferences("https://shop.example", ["newer key"])
    assert without.read(rotated.sign(adas)) == adas


def test_an_old_reference_has_expired(harness, adas):
    harness.clock.advance(hours=48 + 24, seconds=1)
    for look in (
        harness.back,
        lambda id_: harness.returned.view_return(harness.references.sign(id_)),
    ):
        with pytest.raises(ReferenceExpired):
            look(adas)


def test_a_reference_to_what_no_longer_exists_has_expired(harness):
    for look in (
        harness.back,
        lambda id_: harness.returned.view_return(harness.references.sign(id_)),
    ):
        with pytest.raises(ReferenceExpired):
            look(unknown_id())


def test_a_reference_to_a_site_that_has_gone_has_expired(harness, adas):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    for look in (later.back, lambda id_: later.returned.view_return(later.references.sign(id_))):
        with pytest.raises(ReferenceExpired):
            look(adas)
    later.close()


def test_looking_ahead_takes_no_hint(harness, adas):
    before = harness.row(adas)
    harness.returned.view_return(harness.references.sign(adas))
    assert harness.row(adas) == before


@pytest.mark.parametrize(
    "status", [Status.DECIDING, Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED]
)
@pytest.mark.parametrize("error", [None, "permissionError"])
def test_a_return_overwrites_no_answer_of_the_gateway(harness, adas, status, error):
    harness.put(adas, status=status)
    harness.back(adas, error)
    assert (harness.status(adas), harness.row(adas).reasons) == (status, ())


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CANCELED])
def test_a_late_return_still_has_the_gateway_asked(harness, adas, status):
    """Somebody finished just after the time was up, and notices may be switched off."""
    harness.put(adas, status=status, next_poll_at=None)
    harness.said(adas, "VERIFIED")
    harness.back(adas)
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_a_return_to_what_is_decided_asks_nobody(harness, adas, status):
    harness.put(adas, status=status, next_poll_at=None)
    harness.back(adas)
    assert harness.run_due() == 0
