"""`GET …/getVerificationProcessData/{id}` through the life of a process."""

from datetime import datetime

import pytest

from tests.support.gateway import Company, Controls

KEYS = {
    "scanId", "verificationResult", "licenseId", "agent", "document", "images", "recordings",
    "extraParameters", "extraImages", "validations", "pdfUrl", "pdfChecksum", "rejectionReason",
    "comment", "creationTime", "verificationTime", "clientInfo", "certificatedZipUrl",
}  # fmt: skip


def test_before_the_user_starts_there_is_a_sparse_answer(company: Company) -> None:
    created = company.create()
    data = company.data(created["scanId"]).json()
    assert set(data) == KEYS
    assert data["scanId"] == created["scanId"]
    assert data["verificationResult"] is None
    assert len(data["document"]) == 23
    assert set(data["document"].values()) == {None}
    assert datetime.fromisoformat(data["creationTime"]).tzinfo is not None
    assert data["verificationTime"] is None


def test_before_the_user_starts_it_can_be_401(company: Company, controls: Controls) -> None:
    controls.switch(unstarted_status=401)
    created = company.create()
    assert company.data(created["scanId"]).status_code == 401
    controls.end(created["scanId"], "review")
    assert company.data(created["scanId"]).status_code == 200


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        ("passes", "VERIFIED"),
        ("fails", "NOT_VERIFIED"),
        ("review", "PENDING_VERIFICATION"),
        ("validation", "PENDING_VALIDATION"),
        ("camera-denied", None),
        ("TimeoutError", None),
    ],
)
def test_each_outcome_has_its_word(
    company: Company, controls: Controls, outcome: str, result: str | None
) -> None:
    created = company.create(countryId="ESP", docType="Passport")
    controls.end(created["scanId"], outcome)
    data = company.data(created["scanId"]).json()
    assert data["verificationResult"] == result
    if result:
        assert data["document"]["documentType"] == "TD3Passport"
        assert data["document"]["nationality"] == "ESP"
        assert data["document"]["facialMatchingScore"] == "0.94"


def test_a_verdict_has_a_time_an_agent_and_a_reason(company: Company, controls: Controls) -> None:
    created = company.create()
    controls.end(created["scanId"], "fails", reason="Face does not match")
    data = company.data(created["scanId"]).json()
    assert data["agent"] == "agent.sandbox"
    assert data["rejectionReason"] == "Face does not match"
    assert data["verificationTime"] >= data["creationTime"]


def test_extra_data_comes_back_through_extra_parameters(company: Company) -> None:
    created = company.create(verificationExtraData={"customerRef": "C-0042", "lane": "3"})
    data = company.data(created["scanId"]).json()
    assert data["extraParameters"] == [
        {"name": "customerRef", "value": "C-0042"},
        {"name": "lane", "value": "3"},
    ]


def test_the_document_can_be_chosen_for_a_test(company: Company, controls: Controls) -> None:
    created = company.create()
    controls.end(created["scanId"], "passes", document={"name": "BEN"})
    assert company.data(created["scanId"]).json()["document"]["name"] == "BEN"


def test_a_malformed_id_is_400(company: Company) -> None:
    assert company.data("not-a-uuid").status_code == 400


def test_an_unknown_id_is_401_or_404_as_switched(
    company: Company, controls: Controls, unknown_id: str
) -> None:
    assert company.data(unknown_id).status_code == 401
    controls.switch(unknown_status=404)
    assert company.data(unknown_id).status_code == 404


def test_neither_accept_nor_content_type_matters(company: Company) -> None:
    created = company.create()
    path = f"/mobbscan-agent/getVerificationProcessData/{created['scanId']}"
    for headers in ({"Accept": "text/html"}, {"Content-Type": "application/json"}):
        assert company.http.get(path, headers=headers).status_code == 200
