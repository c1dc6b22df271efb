"""accept, reject, pending and delete: field validation, corrections and switches.

tests/contract/test_vendor_samples.py has their ordinary answers, test_status_codes.py their errors.
"""

import pytest

from mobbscan_sandbox.gateway.specimen_data import PERSONAL_DATA_KEYS


@pytest.fixture
def undecided(make_process):
    """A process that awaits the integrator's decision."""
    return make_process("validation")


def test_accept_with_required_full_data_refuses_a_subset(company, controls, undecided):
    controls.switch(require_full_personal_data=True)
    assert company.accept(undecided, personalData={"name": "AUGUSTA"}).status_code == 400
    assert company.pending(undecided, personalData={"city": "CACERES"}).status_code == 200
    all_fields = dict.fromkeys(PERSONAL_DATA_KEYS, "X")
    unknown_key = {"unknown": "key"}
    answer = company.accept(undecided, personalData={**all_fields, **unknown_key})
    assert answer.status_code == 200
    document = company.data(undecided).json()["document"]
    corrected = {key for key, value in document.items() if value == "X"}
    assert corrected == set(all_fields) & set(document)
    hidden_data = controls.get(f"/processes/{undecided}")["hidden_data"]
    assert hidden_data == dict.fromkeys(set(all_fields) - set(document), "X")
    assert len(hidden_data) == 5


def test_second_pending_has_the_status_of_the_switch(company, controls, undecided):
    company.pending(undecided)
    assert company.pending(undecided).status_code == 409
    controls.switch(pending_again_status=200)
    assert company.pending(undecided).status_code == 200


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("accept", {"verificationId": None}),
        ("accept", {"type": ""}),
        ("accept", {"personalData": None}),
        ("accept", {"personalData": []}),
        ("accept", {"personalData": {"name": 1}}),
        ("reject", {"rejectionComment": None}),
        ("reject", {"rejectionComment": " "}),
        ("pending", {"verificationId": None}),
        ("pending", {"personalData": "x"}),
    ],
)
def test_decision_with_an_invalid_field_is_400_and_changes_nothing(
    company, undecided, path, fields
):
    assert getattr(company, path)(undecided, **fields).status_code == 400
    assert company.data(undecided).json()["verificationResult"] == "PENDING_VALIDATION"


def test_delete_of_a_decided_process_is_409_with_the_switch(company, controls, make_process):
    controls.switch(delete_decided_status=409)
    decided, undecided = make_process("passes"), make_process("review")
    assert company.delete(decided).status_code == 409
    assert company.data(decided).status_code == 200
    assert company.delete(undecided).status_code == 200
    controls.switch(delete_decided_status=200)
    assert company.delete(decided).status_code == 200


def test_delete_removes_the_process(company, undecided):
    answer = company.delete(undecided)
    assert (answer.status_code, answer.json()["status"]) == (200, "VERIFICATION_DELETED")
    assert company.data(undecided).status_code == 401
    assert company.delete(undecided).status_code == 401
