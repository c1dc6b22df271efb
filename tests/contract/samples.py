"""The vendor's published samples as calls: method, path, headers and keys, in words of ours.

Values are invented. `LANGUAGES` are the six in which the vendor publishes; where they differ, a
call is made as that language's sample makes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

LANGUAGES = ("curl", "C#", "Java", "Python", "Node", "PHP")
_READS = "getVerificationProcessData"

PERSON = {
    "address": "1 Analytical Road",
    "city": "Utopia",
    "cityOfBirth": "Utopia",
    "country": "UTO",
    "countryDocumentType": "Passport",
    "curp": "XEXX010101HNEXXXA4",
    "dateOfBirth": "1985-12-10",
    "dateOfExpiry": "2041-03-02",
    "documentNumber": "ZZZ000000",
    "gender": "F",
    "mrz": "P<UTOSPECIMEN<<ADA",
    "name": "Ada",
    "personalNumber": "00000000T",
    "postCode": "00000",
    "region": "North",
    "regionOfBirth": "North",
    "firstSurname": "Specimen",
    "secondSurname": "Sample",
    "stateOfBirth": "North",
    "surname": "Specimen",
}


@dataclass(frozen=True)
class Sample:
    """One published call in one language."""

    language: str
    call: str
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None = None

    def send(self, http: httpx.Client, token: str = "") -> httpx.Response:
        """Send exactly this; the client adds what every client adds, and no `Accept` of its own."""
        headers = {name: value.replace("<token>", token) for name, value in self.headers.items()}
        request = http.build_request(self.method, self.path, headers=headers, json=self.body)
        if "Accept" not in headers:
            request.headers["Accept"] = _OWN_ACCEPT.get(self.language, "*/*")
            if not request.headers["Accept"]:
                del request.headers["Accept"]
        if self.language == "C#" and self.body is not None:
            request.headers["Content-Type"] = "application/json; charset=utf-8"
        return http.send(request)


# What the clients of these languages send where the sample names nothing; the others `*/*`.
_OWN_ACCEPT = {"C#": "", "Java": "", "Node": "application/json, text/plain, */*"}
_BEARER = {"Authorization": "Bearer <token>"}
_ASKING = {**_BEARER, "Accept": "application/json"}
_TELLING = {**_BEARER, "Content-Type": "application/json"}


def log_in(language: str, key: str, secret: str) -> Sample:
    """All six are alike."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = {"api_key": key, "api_secret": secret}
    return Sample(language, "token", "POST", "/auth/token", headers, body)


def create(language: str, scan_id: str) -> Sample:
    """Alike, but that Java's sample id is no UUID."""
    body = {
        "countryId": "ESP",
        "docType": "IDCard",
        "redirectUrl": "https://company.example/back",
        "scanId": "xxxx-xxxx-xxxx-xxxx" if language == "Java, to the letter" else scan_id,
        "verificationExtraData": {"one": "text", "two": "text", "three": "text"},
    }
    return Sample(language, "create", "POST", "/onboarding", _TELLING, body)


def read(language: str, scan_id: str) -> Sample:
    """All six are alike."""
    return Sample(language, "data", "GET", f"/mobbscan-agent/{_READS}/{scan_id}", _ASKING)


def image(language: str, scan_id: str, image_type: str) -> Sample:
    """All six ask for JSON."""
    path = f"/mobbscan-agent/{scan_id}/image/{image_type}"
    return Sample(language, "image", "GET", path, _ASKING)


def recording(language: str, scan_id: str, recording_type: str) -> Sample:
    """All six ask for JSON."""
    path = f"/mobbscan-agent/{scan_id}/recording/{recording_type}"
    return Sample(language, "recording", "GET", path, _ASKING)


def pdf(language: str, scan_id: str) -> Sample:
    """All six ask for JSON."""
    return Sample(language, "pdf", "GET", f"/mobbscan-agent/api/pdf/{scan_id}", _ASKING)


def certified_zip(language: str, scan_id: str) -> Sample:
    """All six accept JSON only, though a zip is what comes."""
    return Sample(language, "zip", "GET", f"/api/zip/{scan_id}", _ASKING)


def accept(language: str, scan_id: str) -> Sample:
    """Alike: everything about the person, and `type`."""
    body = {"personalData": PERSON, "type": "AUTO", "verificationId": scan_id}
    return Sample(language, "accept", "POST", "/mobbscan-agent/accept", _TELLING, body)


def reject(language: str, scan_id: str) -> Sample:
    """C# and Java leave `type` out, which the table of the same page requires."""
    body = {"rejectionComment": "blurred", "type": "AUTO", "verificationId": scan_id}
    if language in ("C#", "Java"):
        del body["type"]
    return Sample(language, "reject", "POST", "/mobbscan-agent/reject", _TELLING, body)


def pending(language: str, scan_id: str) -> Sample:
    """All send the person as well, of whom the table knows nothing."""
    body = {"personalData": PERSON, "verificationId": scan_id}
    return Sample(language, "pending", "POST", "/mobbscan-agent/pending", _TELLING, body)


def delete(language: str, scan_id: str) -> Sample:
    """Three GET the address of deletion, three that of the process data; none sends DELETE."""
    deletion = language in ("curl", "C#", "Java")
    path = f"/mobbscan-agent/api/verification/{scan_id}"
    if not deletion:
        path = f"/mobbscan-agent/{_READS}/{scan_id}"
    return Sample(language, "delete", "GET", path, _ASKING)


DECISIONS: dict[str, Callable[[str, str], Sample]] = {
    "accept": accept,
    "reject": reject,
    "pending": pending,
}
