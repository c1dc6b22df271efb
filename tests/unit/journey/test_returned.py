"""returned: a browser is back. A hint that never decides, the same for everybody."""

import pytest

from tests.unit.journey.house import House, unknown_id
from webapp.domain.errors import ReferenceExpired, ReferenceTampered
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.return_references import SignedReferences


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


def test_a_return_is_taken_as_done_and_has_the_gateway_asked(house, adas):
    told = house.back(adas)
    assert (told.onboarding_id, told.site.id, told.error_kind) == (adas, "shop", None)
    assert house.status(adas) is Status.SUBMITTED
    assert house.row(adas).submitted_at == house.clock()
    assert [id_ for id_, _ in house.progress.due()] == [adas]


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
def test_an_error_is_an_interruption_with_its_reason(house, adas, error, code):
    told = house.back(adas, error)
    row = house.row(adas)
    assert told.error_kind == code
    assert (row.status, row.interruptions) == (Status.INTERRUPTED, 1)
    assert [reason.code for reason in row.reasons] == [code]
    assert "marker" not in str(house.timeline(adas))


def test_a_reload_of_the_return_page_counts_nothing_twice(house, adas):
    for _ in range(3):
        house.back(adas, "permissionError")
    assert house.row(adas).interruptions == 1
    assert house.events(adas).count("returned") == 1


def test_a_later_success_of_the_same_address_clears_the_error(house, adas):
    house.back(adas, "permissionError")
    house.back(adas)
    row = house.row(adas)
    assert (row.status, row.reasons) == (Status.SUBMITTED, ())


@pytest.mark.parametrize("tamper", ["", "x", "{0}x", "x{0}", "../{0}"])
def test_a_tampered_reference_is_nobodys(house, adas, tamper):
    with pytest.raises(ReferenceTampered):
        house.returned.back(tamper.format(house.references.sign(adas)), None)
    assert house.status(adas) is Status.STARTED


def test_a_reference_signed_by_somebody_else_is_nobodys(house, adas):
    foreign = SignedReferences("https://shop.example", ["another key"])
    with pytest.raises(ReferenceTampered):
        house.returned.back(foreign.sign(adas), None)


def test_bens_id_under_adas_signature_is_nobodys(house, adas, ben):
    bens = house.begin(ben)
    _id, _, signature = house.references.sign(adas).rpartition(".")
    claimed, _, _signature = house.references.sign(bens).rpartition(".")
    with pytest.raises(ReferenceTampered):
        house.returned.back(f"{claimed}.{signature}", None)


def test_after_a_key_rotation_old_references_still_work(house, adas):
    rotated = SignedReferences("https://shop.example", ["newer key", "a key to sign with"])
    assert rotated.read(house.references.sign(adas)) == adas
    without = SignedReferences("https://shop.example", ["newer key"])
    assert without.read(rotated.sign(adas)) == adas


def test_an_old_reference_has_expired(house, adas):
    house.clock.turn(hours=48 + 24, seconds=1)
    for look in (house.back, lambda id_: house.returned.peek(house.references.sign(id_))):
        with pytest.raises(ReferenceExpired):
            look(adas)


def test_a_reference_to_what_no_longer_exists_has_expired(house):
    for look in (house.back, lambda id_: house.returned.peek(house.references.sign(id_))):
        with pytest.raises(ReferenceExpired):
            look(unknown_id())


def test_a_reference_to_a_site_that_has_gone_has_expired(house, adas):
    later = House(house.address, house.gateway, house.clock, sites={})
    for look in (later.back, lambda id_: later.returned.peek(later.references.sign(id_))):
        with pytest.raises(ReferenceExpired):
            look(adas)
    later.close()


def test_looking_ahead_takes_no_hint(house, adas):
    before = house.row(adas)
    house.returned.peek(house.references.sign(adas))
    assert house.row(adas) == before


@pytest.mark.parametrize(
    "status", [Status.DECIDING, Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED]
)
@pytest.mark.parametrize("error", [None, "permissionError"])
def test_a_return_overwrites_no_answer_of_the_gateway(house, adas, status, error):
    house.put(adas, status=status)
    house.back(adas, error)
    assert (house.status(adas), house.row(adas).reasons) == (status, ())


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CANCELED])
def test_a_late_return_still_has_the_gateway_asked(house, adas, status):
    """Somebody finished just after the time was up, and notices may be switched off."""
    house.put(adas, status=status, next_poll_at=None)
    house.said(adas, "VERIFIED")
    house.back(adas)
    house.run_due()
    assert house.status(adas) is Status.VERIFIED


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_a_return_to_what_is_decided_asks_nobody(house, adas, status):
    house.put(adas, status=status, next_poll_at=None)
    house.back(adas)
    assert house.run_due() == 0
