"""Evidence: formats by `Accept`, availability, and the content of images, PDF and zip."""

import base64
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from mobbscan_sandbox.gateway.evidence.mrz import mrz_lines

AGENT = "/mobbscan-agent"
CONTENT_KEY = {"image": "image", "recording": "image", "pdf": "pdfDocument"}
FIRST_BYTES = {"image": b"\xff\xd8\xff", "recording": b"\x00\x00\x00\x24ftyp", "pdf": b"%PDF"}


def path_of(kind, scan_id):
    return {
        "image": f"{AGENT}/{scan_id}/image/document_front",
        "recording": f"{AGENT}/{scan_id}/recording/video_liveness",
        "pdf": f"{AGENT}/api/pdf/{scan_id}",
    }[kind]


@pytest.fixture
def verified(make_process):
    return make_process("passes")


@pytest.fixture
def get(company):
    """Request a path without the `Accept` header that httpx adds."""

    def get(path, accept=None):
        request = company.http.build_request("GET", path)
        del request.headers["Accept"]
        if accept is not None:
            request.headers["Accept"] = accept
        return company.http.send(request)

    return get


@pytest.mark.parametrize("kind", FIRST_BYTES)
def test_evidence_has_the_format_that_accept_names(get, verified, kind):
    def read(accept, media_type):
        answer = get(path_of(kind, verified), accept)
        assert answer.headers["Content-Type"].startswith(media_type)
        return answer

    for accept in (None, "*/*"):
        content = read(accept, "application/json").json()[CONTENT_KEY[kind]]
        assert base64.b64decode(content, validate=True).startswith(FIRST_BYTES[kind])
    for accept in ("image/*", "text/html, image/jpeg;q=0.5"):
        assert read(accept, "image/jpeg").content.startswith(FIRST_BYTES[kind])
    plain_text = read("text/plain", "text/plain").text
    assert base64.b64decode(plain_text, validate=True).startswith(FIRST_BYTES[kind])


@pytest.mark.parametrize(
    ("kind", "accept"), [("recording", "video/mp4"), ("pdf", "application/pdf")]
)
def test_true_media_type_needs_the_extensions(get, controls, verified, kind, accept):
    assert get(path_of(kind, verified), accept).status_code == 406
    controls.switch(extensions=True)
    answer = get(path_of(kind, verified), accept)
    assert answer.headers["Content-Type"] == accept
    assert answer.content.startswith(FIRST_BYTES[kind])


@pytest.mark.parametrize(
    ("doc_type", "images"),
    [
        ("IDCard", ["document_front", "document_back", "face_document", "face_now"]),
        ("Passport", ["document_front", "face_document", "face_now"]),
        ("DrivingLicense", ["document_front", "document_back", "face_document", "face_now"]),
    ],
)
def test_listed_evidence_can_be_fetched(gateway, company, controls, make_process, doc_type, images):
    scan_id = make_process(docType=doc_type)
    assert company.data(scan_id).json()["images"] == []
    controls.switch(extra_images=True)
    controls.end(scan_id, "review")
    data = company.data(scan_id).json()
    assert [url.rpartition("/")[2] for url in data["images"]] == images
    assert len(data["recordings"]) == len(data["extraImages"]) == 1
    assert data["pdfUrl"] == f"{gateway.url}{AGENT}/api/pdf/{scan_id}"
    assert data["certificatedZipUrl"] is None
    for url in (*data["images"], *data["extraImages"]):
        assert url.startswith(f"{gateway.url}{AGENT}/{scan_id}/image/")
        answer = company.http.get(url, headers={"Accept": "image/jpeg"})
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.width >= 300) == ("JPEG", True)
    assert company.http.get(data["recordings"][0]).status_code == 200


def test_report_exists_in_any_state_and_is_listed_after_the_capture(get, company, make_process):
    scan_id = make_process()
    assert get(path_of("pdf", scan_id), "image/jpeg").content.startswith(b"%PDF")
    assert company.data(scan_id).json()["pdfUrl"] is None


def test_report_after_the_verdict_only_with_the_switch(get, company, controls, make_process):
    controls.switch(pdf_after_verdict=True)
    scan_id = make_process("review")
    assert get(path_of("pdf", scan_id)).status_code == 404
    assert company.data(scan_id).json()["pdfUrl"] is company.data(scan_id).json()["pdfChecksum"]
    company.accept(scan_id)
    data = company.data(scan_id).json()
    report = get(path_of("pdf", scan_id), "image/jpeg").content
    assert hashlib.sha256(report).hexdigest() == data["pdfChecksum"]


def test_timestamp_is_the_time_of_the_capture(get, controls, make_process):
    scan_id = make_process("review")
    times = set()
    for offset in (0, 600):
        controls.switch(clock_offset_seconds=offset)
        times |= {get(path_of(kind, scan_id)).json()["timestamp"] for kind in CONTENT_KEY}
        controls.end(scan_id, "passes")
    assert times == {controls.get(f"/processes/{scan_id}")["captured_at"]}


def test_evidence_entries_are_objects_with_the_switch(company, controls, verified):
    controls.switch(evidence_entries="object")
    first = company.data(verified).json()["images"][0]
    assert first["type"] == "document_front"
    assert company.http.get(first["url"]).status_code == 200


def test_image_shows_the_captured_data_without_corrections(get, company, controls, make_process):
    scan_id = make_process("validation")
    path = path_of("image", scan_id)
    before = get(path, "image/jpeg").content
    company.accept(scan_id, personalData={"name": "AUGUSTA"})
    assert get(path, "image/jpeg").content == before
    controls.end(scan_id, "passes", document={"name": "BEN"})
    assert get(path, "image/jpeg").content != before


def test_recordings_of_two_processes_differ(get, make_process):
    paths = [path_of("recording", make_process("passes")) for _ in range(2)]
    first, second = (get(path, "image/jpeg").content for path in paths)
    assert first != second


def test_unknown_evidence_type_is_404(company, verified):
    for path in ("image/document_side", "image/video_liveness", "recording/document_front"):
        assert company.http.get(f"{AGENT}/{verified}/{path}").status_code == 404


def test_report_has_the_checksum_of_the_process_data(get, company, verified):
    data = company.data(verified).json()
    report = get(urlsplit(data["pdfUrl"]).path, "image/jpeg")
    assert hashlib.sha256(report.content).hexdigest() == data["pdfChecksum"]
    assert report.content.rstrip().endswith(b"%%EOF")


def test_report_and_image_accept_letters_outside_of_the_font(get, controls, verified):
    controls.end(verified, "passes", document={"name": "ŁUKASZ 李", "documentNumber": ""})
    assert get(path_of("pdf", verified), "image/jpeg").content.startswith(b"%PDF")
    assert get(path_of("image", verified), "image/jpeg").status_code == 200


def test_zip_is_complete_and_signed(get, verified):
    answer = get(f"/api/zip/{verified}")
    assert f'filename="{verified}.zip"' in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest, signature = files.pop("manifest.json"), files.pop("manifest.json.sig")
    certificate = x509.load_pem_x509_certificate(files.pop("certificate.pem"))
    assert set(files) == {
        "data.json", "report.pdf", "recordings/video_liveness.mp4", "images/document_front.jpg",
        "images/document_back.jpg", "images/face_document.jpg", "images/face_now.jpg",
    }  # fmt: skip
    sums = {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    assert json.loads(manifest)["files"] == sums
    certificate.public_key().verify(signature, manifest, ec.ECDSA(hashes.SHA256()))
    assert json.loads(files["data.json"])["document"]["name"] == "ADA"


def test_zip_is_absent_without_the_feature_or_the_verdict(
    company, controls, make_process, verified
):
    assert company.http.get(f"/api/zip/{make_process('fails')}").status_code == 404
    controls.switch(zip_enabled=False)
    assert company.data(verified).json()["certificatedZipUrl"] is None
    assert company.http.get(f"/api/zip/{verified}").status_code == 404


def test_mrz_of_the_icao_specimen_passport_equals_the_printed_one():
    document = {
        "issuingState": "UTO", "nationality": "UTO", "documentNumber": "L898902C3",
        "dateOfBirth": "12/08/1974", "dateOfExpiry": "15/04/2012", "gender": "F",
        "personalNumber": "ZE184226B", "surname": "ERIKSSON", "name": "ANNA MARIA",
    }  # fmt: skip
    assert mrz_lines("Passport", document) == [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ]


def test_mrz_of_missing_or_odd_data_has_the_standard_length():
    empty = defaultdict(lambda: None)
    assert [len(line) for line in mrz_lines("IDCard", empty)] == [30, 30, 30]
    empty |= {"dateOfBirth": "1990-03-02", "name": "Ñ'o <x>", "gender": "X"}
    assert [len(line) for line in mrz_lines("Passport", empty)] == [44, 44]
    assert mrz_lines("DrivingLicense", empty) == []
