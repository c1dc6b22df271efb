"""`GET …/getVerificationProcessData/{id}` before, during and after a verification."""

from datetime import datetime

import pytest

KEYS = {
    "scanId", "verificationResult", "licenseId", "agent", "document", "images", "recordings",
    "extraParameters", "extraImages", "validations", "pdfUrl", "pdfChecksum", "rejectionReason",
    "comment", "creationTime", "verificationTime", "clientInfo", "certificatedZipUrl",
}  # fmt: skip


def test_data_before_the_capture_has_every_key_and_no_values(company, make_process):
    data = company.data(scan_id := make_process()).json()
    assert set(data) == KEYS
    assert data["scanId"] == scan_id
    assert data["verificationResult"] is None
    assert len(data["document"]) == 23
    assert set(data["document"].values()) == {None}
    assert datetime.fromisoformat(data["creationTime"]).tzinfo is not None
    assert data["verificationTime"] is None


def test_data_before_the_capture_is_401_with_the_switch(company, controls, make_process):
    controls.switch(unstarted_status=401)
    scan_id = make_process()
    assert company.data(scan_id).status_code == 401
    controls.end(scan_id, "review")
    assert company.data(scan_id).status_code == 200


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        ("passes", "VERIFIED"),
        ("fails", "NOT_VERIFIED"),
        ("review", "PENDING_VERIFICATION"),
        ("validation", "PENDING_VALIDATION"),
    ],
)
def test_data_after_an_outcome_has_its_result(company, make_process, outcome, result):
    data = company.data(make_process(outcome, countryId="ESP", docType="Passport")).json()
    document = data["document"]
    assert data["verificationResult"] == result
    assert (document["documentType"], document["nationality"]) == ("TD3Passport", "ESP")
    assert document["facialMatchingScore"] == "0.94"


def test_data_after_a_rejection_has_time_agent_reason_and_extra_data(
    company, controls, make_process
):
    scan_id = make_process(verificationExtraData={"customerRef": "C-0042"})
    controls.end(scan_id, "fails", reason="Face does not match")
    data = company.data(scan_id).json()
    assert data["agent"] == "agent.sandbox"
    assert data["rejectionReason"] == "Face does not match"
    assert data["verificationTime"] >= data["creationTime"]
    assert data["extraParameters"] == [{"name": "customerRef", "value": "C-0042"}]


def test_data_ignores_accept(company, make_process):
    path = f"/mobbscan-agent/getVerificationProcessData/{make_process()}"
    assert company.http.get(path, headers={"Accept": "text/html"}).status_code == 200
