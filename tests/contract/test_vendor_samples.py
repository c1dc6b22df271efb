"""The calls of the vendor's published samples, made at the gateway in a box.

docs/sandbox-scenarios.md lists the deviations.
"""

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from mobbscan_sandbox.gateway.options import SandboxOptions, Webhook
from mobbscan_sandbox.gateway.server import RunningGateway
from tests.contract import samples
from tests.contract.samples import LANGUAGES
from tests.support.eventually import eventually
from tests.support.gateway import KEY, SECRET, TO_LOCAL, Controls, Receiver, listening_receiver

by_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with listening_receiver() as listening:
        yield listening


@pytest.fixture(scope="module")
def running(receiver: Receiver) -> Iterator[RunningGateway]:
    webhook = Webhook(receiver.url, {"Authorization": "Bearer shared"})
    with RunningGateway(SandboxOptions(KEY, SECRET, webhook)) as gateway:
        yield gateway


@pytest.fixture
def http(running: RunningGateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, **TO_LOCAL) as client:
        yield client


@pytest.fixture
def controls(running: RunningGateway) -> Iterator[Controls]:
    made = Controls(running.url)
    yield made
    made.post("/reset")
    made.http.close()


@pytest.fixture
def token(http: httpx.Client, controls: Controls) -> str:
    answer = samples.log_in("curl", KEY, SECRET).send(http)
    found: str = answer.json()["accessToken"]
    return found


def make_process(http: httpx.Client, token: str, controls: Controls, outcome: str) -> str:
    """Create a process, end it with `outcome` and return its id."""
    scan_id = str(uuid.uuid4())
    assert samples.create("curl", scan_id).send(http, token).status_code == 200
    controls.end(scan_id, outcome)
    return scan_id


@by_language
def test_log_in_sample_gets_a_token(http: httpx.Client, controls: Controls, language: str) -> None:
    answer = samples.log_in(language, KEY, SECRET).send(http)
    assert answer.status_code == 200
    assert answer.json()["accessToken"].count(".") == 2


@by_language
def test_create_sample_gets_ids_and_address(http: httpx.Client, token: str, language: str) -> None:
    scan_id = str(uuid.uuid4())
    answer = samples.create(language, scan_id).send(http, token)
    assert answer.status_code == 200
    created = answer.json()
    assert created.keys() == {"scanId", "onboardingToken", "url"}
    assert created["scanId"] == scan_id
    assert created["url"].endswith(f"/onboarding/{scan_id}")


def test_create_sample_with_the_published_java_id_is_400(http: httpx.Client, token: str) -> None:
    answer = samples.create("Java, to the letter", "").send(http, token)
    assert answer.status_code == 400


def test_create_sample_on_the_other_published_path_is_200(http: httpx.Client, token: str) -> None:
    sample = replace(samples.create("curl", str(uuid.uuid4())), path="/onboarding/token")
    assert sample.send(http, token).status_code == 200


@by_language
def test_process_data_sample_gets_every_documented_key(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    data = samples.read(language, scan_id).send(http, token)
    assert data.status_code == 200
    assert data.json()["verificationResult"] == "VERIFIED"
    assert len(data.json()) == 18
    assert len(data.json()["document"]) == 23


@by_language
def test_image_sample_gets_a_jpeg_with_an_empty_type(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.image(language, scan_id, "face_now").send(http, token)
    assert answer.json().keys() == {"timestamp", "imageType", "scanId", "image"}
    assert answer.json()["imageType"] == "", "as published"
    assert base64.b64decode(answer.json()["image"]).startswith(b"\xff\xd8\xff")


@by_language
def test_recording_sample_gets_a_video_under_the_key_of_an_image(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.recording(language, scan_id, "video_liveness").send(http, token)
    assert answer.json().keys() == {"timestamp", "imageType", "scanId", "image"}
    assert base64.b64decode(answer.json()["image"])[4:8] == b"ftyp", "a video under an image's name"


@by_language
def test_pdf_sample_gets_a_pdf(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.pdf(language, scan_id).send(http, token)
    assert answer.json().keys() == {"timestamp", "scanId", "pdfDocument"}
    # The published base64 begins like a JPEG.
    assert base64.b64decode(answer.json()["pdfDocument"]).startswith(b"%PDF")


@by_language
def test_zip_sample_gets_a_zip_although_it_accepts_json(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.certified_zip(language, scan_id).send(http, token)
    assert answer.headers["content-type"] == "application/zip", "whatever the sample accepts"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        answer.json()  # the Python sample parses the answer as JSON


def test_zip_sample_for_a_rejected_process_is_404(
    http: httpx.Client, token: str, controls: Controls
) -> None:
    scan_id = make_process(http, token, controls, "fails")
    assert samples.certified_zip("curl", scan_id).send(http, token).status_code == 404


@by_language
def test_accept_sample_verifies_and_applies_the_data(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "review")
    answer = samples.accept(language, scan_id).send(http, token)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "VERIFICATION_ACCEPTED",
        "description": f"Verification with id={scan_id} accepted successfully",
    }
    data = samples.read(language, scan_id).send(http, token).json()
    assert (data["verificationResult"], data["document"]["name"]) == ("VERIFIED", "Ada")
    assert samples.accept(language, scan_id).send(http, token).status_code == 409


@by_language
def test_accept_sample_has_all_twenty_keys(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    controls.switch(require_full_personal_data=True)
    scan_id = make_process(http, token, controls, "review")
    assert samples.accept(language, scan_id).send(http, token).status_code == 200


@by_language
def test_reject_sample_rejects_and_needs_the_type(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "review")
    answer = samples.reject(language, scan_id).send(http, token)
    if language in ("C#", "Java"):
        assert answer.status_code == 400, "these samples have no `type`"
        controls.switch(require_reject_type=False)
        answer = samples.reject(language, scan_id).send(http, token)
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "description"}
    data = samples.read(language, scan_id).send(http, token).json()
    assert (data["verificationResult"], data["rejectionReason"]) == ("NOT_VERIFIED", "blurred")


@by_language
def test_pending_sample_hands_over_to_review(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "validation")
    answer = samples.pending(language, scan_id).send(http, token)
    assert answer.json() == {
        "status": "UPDATED_VERIFICATION",
        "description": f"Verification with id={scan_id} accepted successfully",
    }, "as published"
    data = samples.read(language, scan_id).send(http, token).json()
    assert (data["verificationResult"], data["document"]["name"]) == ("PENDING_VERIFICATION", "Ada")


@by_language
def test_delete_sample_deletes_or_reads_as_published(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.delete(language, scan_id).send(http, token)
    assert answer.status_code == 200
    after = samples.read(language, scan_id).send(http, token)
    if language in ("curl", "C#", "Java"):
        assert answer.json().keys() == {"status", "description"}
        assert after.status_code == 401, "deleted"
    else:
        assert answer.json()["verificationResult"] == "VERIFIED"
        assert after.status_code == 200, "these samples delete nothing"


@pytest.mark.parametrize("language", ["curl", "C#", "Java"])
def test_delete_sample_by_get_without_the_switch_is_405(
    http: httpx.Client, token: str, controls: Controls, language: str
) -> None:
    controls.switch(delete_by_get=False)
    scan_id = make_process(http, token, controls, "passes")
    answer = samples.delete(language, scan_id).send(http, token)
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE")
    assert samples.read(language, scan_id).send(http, token).status_code == 200


@pytest.mark.parametrize("call", samples.DECISIONS)
@by_language
def test_decision_sample_with_the_published_id_is_400(
    http: httpx.Client, token: str, language: str, call: str
) -> None:
    answer = samples.DECISIONS[call](language, "xxxx-xxxx-xxxx-xxxx").send(http, token)
    assert answer.status_code == 400


@pytest.mark.parametrize("call", [samples.read, samples.delete])
def test_sample_without_a_token_is_401(http: httpx.Client, controls: Controls, call) -> None:
    sample = call("curl", str(uuid.uuid4()))
    bare = replace(sample, headers={"Accept": "application/json"})
    assert bare.send(http).status_code == 401


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        ("passes", {"VERIFIED", "VIDEO_AVAILABLE"}),
        ("fails", {"NOT_VERIFIED", "VIDEO_AVAILABLE"}),
        ("review", {"PENDING_VERIFICATION", "VIDEO_AVAILABLE"}),
        ("validation", {"PENDING_VALIDATION", "VIDEO_AVAILABLE"}),
    ],
)
def test_webhook_gets_the_fields_that_the_samples_read(
    http: httpx.Client,
    token: str,
    controls: Controls,
    receiver: Receiver,
    outcome: str,
    statuses: set[str],
) -> None:
    """All five samples read `verificationId` and `status` from JSON and answer 204."""
    scan_id = make_process(http, token, controls, outcome)

    def received() -> set[str]:
        return {each["status"] for each in receiver.notices if each["verificationId"] == scan_id}

    eventually(lambda: received() == statuses)
    assert all(each.keys() == {"verificationId", "status"} for each in receiver.notices)
    assert receiver.headers[-1]["content-type"] == "application/json"
    assert receiver.headers[-1]["authorization"] == "Bearer shared"
    eventually(
        lambda: (
            {each["state"] for each in controls.get("/deliveries")["deliveries"]} == {"delivered"}
        )
    )


def test_notice_with_the_published_trailing_comma_can_be_sent(
    http: httpx.Client, token: str, controls: Controls
) -> None:
    """The published body is invalid JSON for the parsers of all samples."""
    controls.post("/faults", at="notice", kind="trailing_comma")
    scan_id = make_process(http, token, controls, "passes")
    sent = eventually(lambda: controls.get(f"/deliveries?verification_id={scan_id}")["deliveries"])
    assert {each["fault"] for each in sent} == {"trailing_comma"}
