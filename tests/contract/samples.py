"""The calls of the vendor's published samples: method, path, headers and keys, per language.

The values are invented. Each function returns the call as the sample of its language makes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

LANGUAGES = ("curl", "C#", "Java", "Python", "Node", "PHP")
_PROCESS_DATA = "getVerificationProcessData"

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
_ACCEPT_JSON = {**_BEARER, "Accept": "application/json"}
_JSON_HEADERS = {**_BEARER, "Content-Type": "application/json"}


def log_in(language: str, key: str, secret: str) -> Sample:
    """Same in all languages."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = {"api_key": key, "api_secret": secret}
    return Sample(language, "token", "POST", "/auth/token", headers, body)


def create(language: str, scan_id: str) -> Sample:
    """Same in all languages, but the id in the Java sample is no UUID."""
    body = {
        "countryId": "ESP",
        "docType": "IDCard",
        "redirectUrl": "https://company.example/back",
        "scanId": "xxxx-xxxx-xxxx-xxxx" if language == "Java, to the letter" else scan_id,
        "verificationExtraData": {"one": "text", "two": "text", "three": "text"},
    }
    return Sample(language, "create", "POST", "/onboarding", _JSON_HEADERS, body)


def read(language: str, scan_id: str) -> Sample:
    """Same in all languages."""
    return Sample(
        language, "data", "GET", f"/mobbscan-agent/{_PROCESS_DATA}/{scan_id}", _ACCEPT_JSON
    )


def image(language: str, scan_id: str, image_type: str) -> Sample:
    """All samples accept JSON."""
    path = f"/mobbscan-agent/{scan_id}/image/{image_type}"
    return Sample(language, "image", "GET", path, _ACCEPT_JSON)


def recording(language: str, scan_id: str, recording_type: str) -> Sample:
    """All samples accept JSON."""
    path = f"/mobbscan-agent/{scan_id}/recording/{recording_type}"
    return Sample(language, "recording", "GET", path, _ACCEPT_JSON)


def pdf(language: str, scan_id: str) -> Sample:
    """All samples accept JSON."""
    return Sample(language, "pdf", "GET", f"/mobbscan-agent/api/pdf/{scan_id}", _ACCEPT_JSON)


def certified_zip(language: str, scan_id: str) -> Sample:
    """All samples accept JSON only, although the answer is a zip."""
    return Sample(language, "zip", "GET", f"/api/zip/{scan_id}", _ACCEPT_JSON)


def accept(language: str, scan_id: str) -> Sample:
    """All samples send all personal data and `type`."""
    body = {"personalData": PERSON, "type": "AUTO", "verificationId": scan_id}
    return Sample(language, "accept", "POST", "/mobbscan-agent/accept", _JSON_HEADERS, body)


def reject(language: str, scan_id: str) -> Sample:
    """The samples in C# and Java have no `type`, which the same page requires."""
    body = {"rejectionComment": "blurred", "type": "AUTO", "verificationId": scan_id}
    if language in ("C#", "Java"):
        del body["type"]
    return Sample(language, "reject", "POST", "/mobbscan-agent/reject", _JSON_HEADERS, body)


def pending(language: str, scan_id: str) -> Sample:
    """All samples send personal data, which the table does not document."""
    body = {"personalData": PERSON, "verificationId": scan_id}
    return Sample(language, "pending", "POST", "/mobbscan-agent/pending", _JSON_HEADERS, body)


def delete(language: str, scan_id: str) -> Sample:
    """Three samples GET the delete address, three GET the process data; none sends DELETE."""
    deletion = language in ("curl", "C#", "Java")
    path = f"/mobbscan-agent/api/verification/{scan_id}"
    if not deletion:
        path = f"/mobbscan-agent/{_PROCESS_DATA}/{scan_id}"
    return Sample(language, "delete", "GET", path, _ACCEPT_JSON)


DECISIONS: dict[str, Callable[[str, str], Sample]] = {
    "accept": accept,
    "reject": reject,
    "pending": pending,
}
