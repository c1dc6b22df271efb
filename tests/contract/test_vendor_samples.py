"""The calls of the vendor's published samples, made at the gateway in a box.

docs/sandbox-scenarios.md lists the deviations.
"""

import base64
import io
import json
import uuid
import zipfile

import pytest

from tests.contract.samples import DELETING, LANGUAGES, SAMPLES, send
from tests.support.eventually import eventually

by_language = pytest.mark.parametrize("language", LANGUAGES)


def test_all_33_samples_succeed_with_default_switches(company, make_process):
    """Each with the id of a process in the state that its page presupposes."""
    states = {"create": None, "accept": "review", "reject": "review", "pending": "validation"}
    failed = []
    for call, language in SAMPLES:
        ready = call not in ("token", "create")
        scan_id = make_process(states.get(call, "passes")) if ready else str(uuid.uuid4())
        answer = send(company.http, call, scan_id, language)
        if answer.status_code != 200:
            failed.append((call, language, answer.status_code))
    assert len(SAMPLES) == len(set(SAMPLES)) == 33
    assert failed == []


def test_log_in_sample_gets_a_token(company):
    answer = send(company.http, "token", "")
    assert (answer.status_code, answer.json()["accessToken"].count(".")) == (200, 2)


@by_language
def test_create_sample_gets_ids_and_address(company, language):
    scan_id = str(uuid.uuid4())
    answer = send(company.http, "create", scan_id, language)
    assert answer.status_code == 200
    created = answer.json()
    assert created.keys() == {"scanId", "onboardingToken", "url"}
    assert created["scanId"] == scan_id
    assert created["url"].endswith(f"/onboarding/{scan_id}")


def test_create_on_the_other_published_path_is_200(company):
    assert company.http.post("/onboarding/token", json={}).status_code == 200


@pytest.mark.parametrize("call", ["create", "accept", "reject", "pending"])
def test_sample_with_the_published_id_is_400(company, call):
    assert send(company.http, call, "xxxx-xxxx-xxxx-xxxx").status_code == 400


def test_process_data_sample_gets_every_documented_key(company, make_process):
    data = send(company.http, "data", make_process("passes")).json()
    assert data["verificationResult"] == "VERIFIED"
    assert (len(data), len(data["document"])) == (18, 23)


@pytest.mark.parametrize(
    ("call", "start"), [("image", b"\xff\xd8\xff"), ("recording", b"\x00\x00\x00\x24ftyp")]
)
def test_image_and_recording_samples_get_an_image_with_an_empty_type(
    company, make_process, call, start
):
    scan_id = make_process("passes")
    body = send(company.http, call, scan_id).json()
    assert base64.b64decode(body.pop("image")).startswith(start)
    assert body.pop("timestamp").endswith("Z")
    assert body == {"scanId": scan_id, "imageType": ""}, "as published"


def test_pdf_sample_gets_a_pdf(company, make_process):
    body = send(company.http, "pdf", make_process("passes")).json()
    assert body.keys() == {"timestamp", "scanId", "pdfDocument"}
    # The published base64 begins like a JPEG.
    assert base64.b64decode(body["pdfDocument"]).startswith(b"%PDF")


def test_zip_sample_gets_a_zip_although_it_accepts_json(company, make_process):
    answer = send(company.http, "zip", make_process("passes"))
    assert answer.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        answer.json()  # the Python sample parses the answer as JSON


@by_language
def test_accept_sample_has_all_keys_and_verifies(company, controls, make_process, language):
    controls.switch(require_full_personal_data=True)
    scan_id = make_process("review")
    answer = send(company.http, "accept", scan_id, language)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "VERIFICATION_ACCEPTED",
        "description": f"Verification with id={scan_id} accepted successfully",
    }
    data = company.data(scan_id).json()
    assert (data["verificationResult"], data["document"]["name"]) == ("VERIFIED", "Ada")


@by_language
def test_reject_sample_rejects_and_needs_the_type_by_switch(
    company, controls, make_process, language
):
    scan_id = make_process("review")
    controls.switch(require_reject_type=True)
    answer = send(company.http, "reject", scan_id, language)
    if language in ("C#", "Java"):
        assert answer.status_code == 400, "these samples have no `type`"
        controls.switch(require_reject_type=False)
        answer = send(company.http, "reject", scan_id, language)
    assert answer.status_code == 200
    assert answer.json()["status"] == "VERIFICATION_REJECTED"
    data = company.data(scan_id).json()
    assert (data["verificationResult"], data["rejectionReason"]) == ("NOT_VERIFIED", "blurred")


@by_language
def test_pending_sample_hands_over_to_review(company, make_process, language):
    scan_id = make_process("validation")
    assert send(company.http, "pending", scan_id, language).json() == {
        "status": "UPDATED_VERIFICATION",
        "description": f"Verification with id={scan_id} accepted successfully",
    }, "as published"
    data = company.data(scan_id).json()
    assert (data["verificationResult"], data["document"]["name"]) == ("PENDING_VERIFICATION", "Ada")


@by_language
def test_delete_sample_deletes_or_reads_as_published(company, make_process, language):
    scan_id = make_process("passes")
    answer = send(company.http, "delete", scan_id, language)
    assert answer.status_code == 200
    deletes = language in DELETING
    assert ("verificationResult" not in answer.json()) == deletes
    assert company.data(scan_id).status_code == (401 if deletes else 200)


def test_delete_sample_without_the_switch_is_405(company, controls, make_process):
    controls.switch(delete_by_get=False)
    answer = send(company.http, "delete", make_process("passes"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE")


def test_webhook_gets_the_fields_that_the_samples_read(receiver, make_process):
    """All five samples read `verificationId` and `status` from JSON and answer 204."""
    scan_id = make_process("passes")
    eventually(lambda: receiver.states == ["VERIFIED", "VIDEO_AVAILABLE"])
    assert receiver.notices[0] == {"verificationId": scan_id, "status": "VERIFIED"}
    assert receiver.headers[0]["content-type"] == "application/json"
    assert receiver.headers[0]["authorization"] == "Bearer shared"
