"""Pictures, recordings, the PDF, the zip: each format by `Accept`, and what is in the bytes."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from mobbscan_sandbox.gateway import RunningGateway
from mobbscan_sandbox.gateway.evidence.mrz import zone
from tests.support.gateway import Company, Controls

AGENT = "/mobbscan-agent"
JSON_KEYS = {
    "image": ["timestamp", "imageType", "scanId", "image"],
    "recording": ["timestamp", "imageType", "scanId", "image"],
    "pdf": ["timestamp", "scanId", "pdfDocument"],
}
MAGIC = {"image": b"\xff\xd8\xff", "recording": b"\x00\x00\x00\x24ftyp", "pdf": b"%PDF"}
TRUE_TYPES = {"image": "image/jpeg", "recording": "video/mp4", "pdf": "application/pdf"}
KINDS = pytest.mark.parametrize("kind", MAGIC)


def path_of(kind: str, scan_id: str) -> str:
    return {
        "image": f"{AGENT}/{scan_id}/image/document_front",
        "recording": f"{AGENT}/{scan_id}/recording/video_liveness",
        "pdf": f"{AGENT}/api/pdf/{scan_id}",
    }[kind]


@pytest.fixture
def verified(company: Company, controls: Controls) -> str:
    scan_id = company.create(verificationExtraData={"customerRef": "C-1"})["scanId"]
    controls.end(scan_id, "passes")
    return scan_id


Get = Callable[..., Any]


@pytest.fixture
def get(company: Company) -> Get:
    def get(path: str, accept: str | None = None) -> Any:
        request = company.http.build_request("GET", path)
        del request.headers["Accept"]
        if accept is not None:
            request.headers["Accept"] = accept
        return company.http.send(request)

    return get


@KINDS
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, */*"])
def test_json_holds_base64_under_the_documented_keys(
    get: Get, verified: str, kind: str, accept: str | None
) -> None:
    answer = get(path_of(kind, verified), accept)
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == JSON_KEYS[kind]
    assert body["scanId"] == verified
    assert body.get("imageType", "") == ""  # as in the vendor's sample
    assert body["timestamp"].endswith("Z")
    assert base64.b64decode(body[JSON_KEYS[kind][-1]], validate=True).startswith(MAGIC[kind])


@KINDS
@pytest.mark.parametrize("accept", ["image/jpeg", "image/*", "text/html, image/jpeg;q=0.5"])
def test_image_jpeg_means_the_bytes_whatever_they_are(
    get: Get, verified: str, kind: str, accept: str
) -> None:
    answer = get(path_of(kind, verified), accept)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content.startswith(MAGIC[kind])


@KINDS
def test_plain_text_is_bare_base64(get: Get, verified: str, kind: str) -> None:
    answer = get(path_of(kind, verified), "text/plain")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert base64.b64decode(answer.text, validate=True).startswith(MAGIC[kind])


@pytest.mark.parametrize("kind", ["recording", "pdf"])
def test_the_true_media_type_is_understood_as_an_extension(
    get: Get, controls: Controls, verified: str, kind: str
) -> None:
    accept = TRUE_TYPES[kind]
    assert get(path_of(kind, verified), accept).status_code == 406
    controls.switch(extensions=True)
    answer = get(path_of(kind, verified), accept)
    assert answer.headers["Content-Type"] == accept
    assert answer.content.startswith(MAGIC[kind])


@pytest.mark.parametrize(
    ("doc_type", "images"),
    [
        ("IDCard", ["document_front", "document_back", "face_document", "face_now"]),
        ("Passport", ["document_front", "face_document", "face_now"]),
        ("DrivingLicense", ["document_front", "document_back", "face_document", "face_now"]),
    ],
)
def test_process_data_lists_the_evidence_that_can_be_fetched(
    gateway: RunningGateway, company: Company, controls: Controls, doc_type: str, images: list[str]
) -> None:
    scan_id = company.create(docType=doc_type)["scanId"]
    assert company.data(scan_id).json()["images"] == []
    controls.switch(extra_images=True)
    controls.end(scan_id, "review")
    data = company.data(scan_id).json()
    assert [url.rpartition("/")[2] for url in data["images"]] == images
    assert len(data["recordings"]) == len(data["extraImages"]) == 1
    assert data["pdfUrl"] is data["pdfChecksum"] is data["certificatedZipUrl"] is None
    for url in (*data["images"], *data["extraImages"]):
        assert url.startswith(f"{gateway.url}{AGENT}/{scan_id}/image/")
        answer = company.http.get(url, headers={"Accept": "image/jpeg"})
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.format == "JPEG"
            assert image.width >= 300
    assert company.http.get(data["recordings"][0]).status_code == 200


def test_entries_can_be_objects(company: Company, controls: Controls, verified: str) -> None:
    controls.switch(evidence_entries="object")
    first = company.data(verified).json()["images"][0]
    assert first["type"] == "document_front"
    assert company.http.get(first["url"]).status_code == 200


def test_pictures_show_what_was_read_and_not_what_was_corrected(
    get: Get, company: Company, controls: Controls
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    path = path_of("image", scan_id)
    before = get(path, "image/jpeg").content
    company.accept(scan_id, personalData={"name": "AUGUSTA"})
    assert get(path, "image/jpeg").content == before
    controls.end(scan_id, "passes", document={"name": "BEN"})
    assert get(path, "image/jpeg").content != before


def test_each_recording_is_its_own(get: Get, company: Company, controls: Controls) -> None:
    films = []
    for _ in range(2):
        scan_id = company.create()["scanId"]
        controls.end(scan_id, "passes")
        films.append(get(path_of("recording", scan_id), "image/jpeg").content)
    assert films[0] != films[1]


def test_an_unknown_type_is_404(company: Company, verified: str) -> None:
    for path in ("image/document_side", "image/video_liveness", "recording/document_front"):
        assert company.http.get(f"{AGENT}/{verified}/{path}").status_code == 404


def test_the_report_has_the_checksum_that_process_data_says(
    get: Get, company: Company, verified: str
) -> None:
    data = company.data(verified).json()
    report = get(data["pdfUrl"].partition("//")[2].partition("/")[2].join(["/", ""]), "image/jpeg")
    assert hashlib.sha256(report.content).hexdigest() == data["pdfChecksum"]
    assert report.content.rstrip().endswith(b"%%EOF")


def test_the_report_survives_letters_that_its_font_has_not(
    get: Get, company: Company, controls: Controls
) -> None:
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "passes", document={"name": "ŁUKASZ 李", "documentNumber": ""})
    assert get(path_of("pdf", scan_id), "image/jpeg").content.startswith(b"%PDF")
    assert get(path_of("image", scan_id), "image/jpeg").status_code == 200


@pytest.mark.parametrize("accept", [None, "application/json", "application/zip", "text/html"])
def test_the_zip_is_bytes_whatever_is_accepted(
    get: Get, company: Company, verified: str, accept: str | None
) -> None:
    url = company.data(verified).json()["certificatedZipUrl"]
    assert url.endswith(f"/api/zip/{verified}")
    answer = get(f"/api/zip/{verified}", accept)
    assert answer.headers["Content-Type"] == "application/zip"
    disposition = f'attachment; filename="{verified}.zip"'
    assert answer.headers["Content-Disposition"] == disposition
    assert answer.content.startswith(b"PK\x03\x04")


def test_the_zip_is_complete_and_signed(get: Get, verified: str) -> None:
    content = get(f"/api/zip/{verified}").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest, signature = files.pop("manifest.json"), files.pop("manifest.json.sig")
    certificate = x509.load_pem_x509_certificate(files.pop("certificate.pem"))
    assert set(files) == {
        "data.json", "report.pdf", "recordings/video_liveness.mp4", "images/document_front.jpg",
        "images/document_back.jpg", "images/face_document.jpg", "images/face_now.jpg",
    }  # fmt: skip
    sums = {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}
    assert json.loads(manifest)["files"] == sums
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, manifest, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, manifest + b" ", ec.ECDSA(hashes.SHA256()))
    assert json.loads(files["data.json"])["document"]["name"] == "ADA"


def test_no_zip_for_who_has_not_the_feature_or_is_not_verified(
    company: Company, controls: Controls, verified: str
) -> None:
    controls.end(refused := company.create()["scanId"], "fails")
    assert company.http.get(f"/api/zip/{refused}").status_code == 404
    controls.switch(zip_enabled=False)
    assert company.data(verified).json()["certificatedZipUrl"] is None
    assert company.http.get(f"/api/zip/{verified}").status_code == 404


def test_the_zone_of_the_passport_that_icao_itself_prints() -> None:
    printed = {
        "issuingState": "UTO", "nationality": "UTO", "documentNumber": "L898902C3",
        "dateOfBirth": "12/08/1974", "dateOfExpiry": "15/04/2012", "gender": "F",
        "personalNumber": "ZE184226B", "surname": "ERIKSSON", "name": "ANNA MARIA",
    }  # fmt: skip
    assert zone("Passport", printed) == [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ]


def test_the_zone_bears_any_data() -> None:
    nothing = dict.fromkeys(
        ("issuingState", "nationality", "documentNumber", "dateOfBirth", "dateOfExpiry", "gender",
         "personalNumber", "surname", "name")
    )  # fmt: skip
    assert [len(line) for line in zone("IDCard", nothing)] == [30, 30, 30]
    odd = {**nothing, "dateOfBirth": "1990-03-02", "name": "Ñ'o <x>", "gender": "X"}
    assert [len(line) for line in zone("Passport", odd)] == [44, 44]
    assert zone("DrivingLicense", nothing) == []
