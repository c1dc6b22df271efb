"""accept, reject, pending and delete: field validation, corrections and switches.

tests/contract/test_vendor_samples.py has their ordinary answers, test_status_codes.py their errors.
"""

import pytest

from mobbscan_sandbox.gateway.specimen_data import PERSONAL_DATA_KEYS


@pytest.fixture
def undecided(make_process):
    """A process that awaits the integrator's decision."""
    return make_process("validation")


def test_accept_applies_corrections_and_ignores_unknown_keys(company, controls, undecided):
    company.accept(undecided, personalData={"name": "AUGUSTA", "curp": "X1", "unknown": "key"})
    document = company.data(undecided).json()["document"]
    assert (document["name"], document["surname"]) == ("AUGUSTA", "SPECIMEN SAMPLE")
    assert controls.get(f"/processes/{undecided}")["hidden_data"] == {"curp": "X1"}


def test_accept_with_required_full_data_refuses_a_subset(company, controls, undecided):
    controls.switch(require_full_personal_data=True)
    assert company.accept(undecided, personalData={"name": "AUGUSTA"}).status_code == 400
    assert company.pending(undecided, personalData={"city": "CACERES"}).status_code == 200
    all_fields = dict.fromkeys(PERSONAL_DATA_KEYS, "X")
    assert company.accept(undecided, personalData=all_fields).status_code == 200
    document = company.data(undecided).json()["document"]
    corrected = {key for key, value in document.items() if value == "X"}
    assert corrected == set(all_fields) & set(document)
    assert len(controls.get(f"/processes/{undecided}")["hidden_data"]) == 5


def test_second_pending_has_the_status_of_the_switch(company, controls, undecided):
    company.pending(undecided)
    assert company.pending(undecided).status_code == 409
    controls.switch(pending_again_status=200)
    assert company.pending(undecided).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accept", {"type": "AUTO", "personalData": {}}),
        ("accept", {"verificationId": "ID", "personalData": {}}),
        ("accept", {"verificationId": "ID", "type": "", "personalData": {}}),
        ("accept", {"verificationId": "ID", "type": "AUTO"}),
        ("accept", {"verificationId": "ID", "type": "AUTO", "personalData": []}),
        ("accept", {"verificationId": "ID", "type": "AUTO", "personalData": {"name": 1}}),
        ("reject", {"verificationId": "ID", "type": "AUTO"}),
        ("reject", {"verificationId": "ID", "type": "AUTO", "rejectionComment": " "}),
        ("pending", {}),
        ("pending", {"verificationId": None}),
        ("pending", {"verificationId": "ID", "personalData": "x"}),
    ],
)
def test_decision_with_an_invalid_field_is_400_and_changes_nothing(company, undecided, path, body):
    if body.get("verificationId") == "ID":
        body = {**body, "verificationId": undecided}
    assert company.http.post(f"/mobbscan-agent/{path}", json=body).status_code == 400
    assert company.data(undecided).json()["verificationResult"] == "PENDING_VALIDATION"


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_delete_removes_the_process(company, undecided, method):
    path = f"/mobbscan-agent/api/verification/{undecided}"
    answer = company.http.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (200, "VERIFICATION_DELETED")
    assert company.data(undecided).status_code == 401
    assert company.http.request(method, path).status_code == 401
