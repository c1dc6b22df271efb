"""accept, reject, pending and delete: fields, rights, states, answers."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mobbscan_sandbox.gateway.specimen_data import PERSONAL_DATA_KEYS
from tests.support.gateway import Company, Controls

Decision = Callable[[Company, str], httpx.Response]
DECISIONS: list[Decision] = [Company.accept, Company.reject, Company.pending]


@pytest.fixture
def waiting(company: Company, controls: Controls) -> str:
    """A process that waits for the integrator's own rules."""
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    return scan_id


def result(company: Company, scan_id: str) -> str:
    return str(company.data(scan_id).json()["verificationResult"])


def test_accept_verifies_and_answers_in_the_documented_words(
    company: Company, waiting: str
) -> None:
    answer = company.accept(waiting)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "VERIFICATION_ACCEPTED",
        "description": f"Verification with id={waiting} accepted successfully",
    }
    assert result(company, waiting) == "VERIFIED"


def test_accept_corrects_the_data_it_is_given(
    company: Company, controls: Controls, waiting: str
) -> None:
    company.accept(waiting, personalData={"name": "AUGUSTA", "curp": "X1", "unheard": "of"})
    document = company.data(waiting).json()["document"]
    assert document["name"] == "AUGUSTA"
    assert document["surname"] == "SPECIMEN SAMPLE"
    assert controls.get(f"/processes/{waiting}")["hidden_data"] == {"curp": "X1"}


def test_reject_keeps_its_comment_as_the_reason(company: Company, waiting: str) -> None:
    assert company.reject(waiting).status_code == 200
    data = company.data(waiting).json()
    assert (data["verificationResult"], data["rejectionReason"]) == ("NOT_VERIFIED", "blurred")


def test_pending_sends_to_manual_review_and_says_accepted(company: Company, waiting: str) -> None:
    answer = company.pending(waiting)
    assert answer.json() == {
        "status": "UPDATED_VERIFICATION",
        "description": f"Verification with id={waiting} accepted successfully",
    }
    assert result(company, waiting) == "PENDING_VERIFICATION"


def test_pending_takes_personal_data_and_a_type_too(company: Company, waiting: str) -> None:
    answer = company.pending(waiting, type="AUTO", personalData={"city": "CACERES"})
    assert answer.status_code == 200
    assert company.data(waiting).json()["document"]["city"] == "CACERES"


def test_a_second_pending_is_409_or_harmless_as_switched(
    company: Company, controls: Controls, waiting: str
) -> None:
    company.pending(waiting)
    assert company.pending(waiting).status_code == 409
    controls.switch(pending_again_status=200)
    assert company.pending(waiting).status_code == 200


def test_what_is_in_review_can_be_decided_by_the_api(company: Company, controls: Controls) -> None:
    for decide in (company.accept, company.reject):
        scan_id = company.create()["scanId"]
        controls.end(scan_id, "review")
        assert decide(scan_id).status_code == 200


@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("outcome", [None, "passes", "fails", "camera-denied"])
def test_decisions_on_undecidable_processes_are_409(
    company: Company, controls: Controls, decide: Decision, outcome: str | None
) -> None:
    scan_id = company.create()["scanId"]
    if outcome:
        controls.end(scan_id, outcome)
    assert decide(company, scan_id).status_code == 409


@pytest.mark.parametrize("decide", DECISIONS)
def test_decisions_on_unknown_processes_are_401(
    company: Company, unknown_id: str, decide: Decision
) -> None:
    assert decide(company, unknown_id).status_code == 401


@pytest.mark.parametrize("decide", [*DECISIONS, Company.delete])
def test_credentials_that_may_only_read_get_403(
    company: Company, controls: Controls, waiting: str, decide: Decision
) -> None:
    controls.switch(read_only=True)
    company.log_in()
    assert company.data(waiting).status_code == 200
    assert decide(company, waiting).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accept", {"type": "AUTO", "personalData": {}}),
        ("accept", {"verificationId": "nope", "type": "AUTO", "personalData": {}}),
        ("accept", {"verificationId": "ID", "personalData": {}}),
        ("accept", {"verificationId": "ID", "type": "", "personalData": {}}),
        ("accept", {"verificationId": "ID", "type": "AUTO"}),
        ("accept", {"verificationId": "ID", "type": "AUTO", "personalData": []}),
        ("accept", {"verificationId": "ID", "type": "AUTO", "personalData": {"name": 1}}),
        ("reject", {"verificationId": "ID", "type": "AUTO"}),
        ("reject", {"verificationId": "ID", "type": "AUTO", "rejectionComment": " "}),
        ("reject", {"verificationId": "ID", "rejectionComment": "blurred"}),
        ("pending", {}),
        ("pending", {"verificationId": None}),
        ("pending", {"verificationId": "ID", "personalData": "x"}),
    ],
)
def test_wrong_fields_are_400(
    company: Company, waiting: str, path: str, body: dict[str, Any]
) -> None:
    if body.get("verificationId") == "ID":
        body = {**body, "verificationId": waiting}
    assert company.http.post(f"/mobbscan-agent/{path}", json=body).status_code == 400
    assert result(company, waiting) == "PENDING_VALIDATION"


def test_the_vendors_samples_without_a_type_pass_when_switched(
    company: Company, controls: Controls, waiting: str
) -> None:
    controls.switch(require_reject_type=False)
    body = {"verificationId": waiting, "rejectionComment": "blurred"}
    assert company.http.post("/mobbscan-agent/reject", json=body).status_code == 200


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_delete_forgets_for_good_by_either_method(
    company: Company, waiting: str, method: str
) -> None:
    path = f"/mobbscan-agent/api/verification/{waiting}"
    answer = company.http.request(method, path)
    assert answer.status_code == 200
    assert answer.json()["status"] == "VERIFICATION_DELETED"
    assert company.data(waiting).status_code == 401
    assert company.http.request(method, path).status_code == 401


def test_get_can_be_kept_from_deleting(company: Company, controls: Controls, waiting: str) -> None:
    controls.switch(delete_by_get=False)
    answer = company.http.get(f"/mobbscan-agent/api/verification/{waiting}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE")
    assert company.data(waiting).status_code == 200


def test_deleting_a_malformed_id_is_400(company: Company) -> None:
    assert company.delete("nope").status_code == 400


def test_the_vendors_table_can_be_taken_at_its_word(
    company: Company, controls: Controls, waiting: str
) -> None:
    controls.switch(require_full_personal_data=True)
    assert company.accept(waiting, personalData={"name": "AUGUSTA"}).status_code == 400
    assert company.pending(waiting, personalData={"city": "CACERES"}).status_code == 200
    every = dict.fromkeys(PERSONAL_DATA_KEYS, "X")
    assert company.accept(waiting, personalData=every).status_code == 200
    document = company.data(waiting).json()["document"]
    assert {key for key, value in document.items() if value == "X"} == set(every) & set(document)
    assert len(controls.get(f"/processes/{waiting}")["hidden_data"]) == 5
