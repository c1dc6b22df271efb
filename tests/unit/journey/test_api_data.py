"""A user's data by a host site's API call: read from the gateway, noted, not stored."""

import pytest

from tests.unit.journey.fakes import away
from tests.unit.journey.harness import BANK, SHOP
from webapp.domain.errors import DataAbsent, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden
from webapp.journey.api_data import ApiData
from webapp.journey.gateway_slots import GatewaySlots
from webapp.journey.process_reader import ProcessReader

ANSWER = {
    "agent": "olga@vendor",
    "document": {
        "name": "ADA",
        "dateOfBirth": "31/12/1990",
        "dateOfExpiry": "soon",
        "facialMatchingScore": 0.91,
        "issuingAuthority": "Madrid",
    },
    "validations": {"validationMRZ": "VALID"},
    "extraParameters": [{"name": "campaign", "value": "autumn"}],
    "onboardingToken": "a secret",
}


@pytest.fixture
def verified(harness, adas) -> str:
    harness.poll_answered(adas, "VERIFIED", **ANSWER)
    return adas


def test_data_has_the_gateways_answer_without_its_secret(harness, verified):
    data = harness.host_api.data.read(SHOP, verified, "back office")
    document = {name: value for name, value in data.document.items() if value is not None}
    assert document == {"name": "ADA", "date_of_birth": "1990-12-31", "date_of_expiry": "soon"}
    assert len(data.document) == 21
    assert data.scores == {"face_matching": "0.91", "face_liveness": None}
    assert data.validations == {"validationMRZ": "VALID"}
    assert data.extra_parameters == {"campaign": "autumn"}
    assert data.decided_by == "olga@vendor"
    assert data.raw["document"]["issuingAuthority"] == "Madrid"
    assert "onboardingToken" not in data.raw
    assert "ADA" not in repr(data)


def test_data_notes_the_key_on_the_timeline(harness, verified):
    harness.host_api.data.read(SHOP, verified, "back office")
    line = harness.timeline(verified)[-1]
    assert (line.event, line.actor, line.detail["key"]) == ("data_read", "host", "back office")
    (shown,) = harness.host_api.read.timeline(SHOP, verified)[-1:]
    assert shown.detail == {"key": "back office"}


@pytest.mark.parametrize(
    ("error", "raised"),
    [(away(), GatewayUnavailable), (Forbidden("403", status=403), GatewayForbidden)],
)
def test_data_that_cannot_be_read_raises_and_notes_nothing(harness, verified, error, raised):
    harness.gateway.errors["read"].append(error)
    with pytest.raises(raised):
        harness.host_api.data.read(SHOP, verified, "back office")
    assert "data_read" not in harness.events(verified)


@pytest.mark.parametrize("shown", [None, {"verificationResult": None, "document": {"name": None}}])
def test_data_before_the_user_has_finished_is_absent(harness, adas, shown):
    if shown is not None:
        harness.set_gateway_word(adas, "", **shown)
    with pytest.raises(DataAbsent):
        harness.host_api.data.read(SHOP, adas, "back office")


def test_data_of_an_erased_onboarding_is_absent_without_a_call(harness, verified):
    harness.put(verified, status=Status.ERASED)
    before = len(harness.gateway.calls)
    with pytest.raises(DataAbsent):
        harness.host_api.data.read(SHOP, verified, "back office")
    assert len(harness.gateway.calls) == before


def test_data_of_another_sites_onboarding_raises_not_found_without_a_call(harness, verified):
    before = len(harness.gateway.calls)
    with pytest.raises(NotFound) as raised:
        harness.host_api.data.read(BANK, verified, "back office")
    assert not isinstance(raised.value, DataAbsent)
    assert len(harness.gateway.calls) == before


def test_data_while_all_slots_are_taken_is_unavailable(harness, verified):
    slots = GatewaySlots(0)
    data = ApiData(harness.deps, ProcessReader(harness.deps, harness.gateway), slots)
    with pytest.raises(GatewayUnavailable):
        data.read(SHOP, verified, "back office")
