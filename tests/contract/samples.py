"""The calls of the vendor's published samples: method, path, headers and keys, per language.

The values are invented. The samples for token, process data, evidence and zip are the same in all
languages.
"""

from typing import Any

import httpx

from tests.support.gateway import KEY, SECRET

LANGUAGES = ("curl", "C#", "Java", "Python", "Node", "PHP")
# In these languages the sample for deletion calls the address of deletion.
DELETING = ("curl", "C#", "Java")
PERSON = dict.fromkeys(
    ("address", "city", "cityOfBirth", "country", "countryDocumentType", "curp", "dateOfBirth",
     "dateOfExpiry", "documentNumber", "gender", "mrz", "name", "personalNumber", "postCode",
     "region", "regionOfBirth", "firstSurname", "secondSurname", "stateOfBirth", "surname"), "Ada"
)  # fmt: skip
# Headers that clients of these languages send where the sample names none; the others `*/*`.
_OWN_ACCEPT = {"C#": None, "Java": None, "Node": "application/json, text/plain, */*"}
_EXTRA_DATA = {"one": "text", "two": "text", "three": "text"}
_GETS = {
    "data": "/mobbscan-agent/getVerificationProcessData/{id}",
    "image": "/mobbscan-agent/{id}/image/face_now",
    "recording": "/mobbscan-agent/{id}/recording/video_liveness",
    "pdf": "/mobbscan-agent/api/pdf/{id}",
    "zip": "/api/zip/{id}",
    "delete": "/mobbscan-agent/api/verification/{id}",
}
_POSTS: dict[str, tuple[str, dict[str, Any]]] = {
    "token": ("/auth/token", {"api_key": KEY, "api_secret": SECRET}),
    "create": (
        "/onboarding",
        {
            "countryId": "ESP",
            "docType": "IDCard",
            "redirectUrl": "https://company.example/back",
            "verificationExtraData": _EXTRA_DATA,
        },
    ),
    "accept": ("/mobbscan-agent/accept", {"personalData": PERSON, "type": "AUTO"}),
    "reject": ("/mobbscan-agent/reject", {"rejectionComment": "blurred", "type": "AUTO"}),
    # The table does not document the personal data.
    "pending": ("/mobbscan-agent/pending", {"personalData": PERSON}),
}

_SAME_IN_ALL = ("token", "data", "image", "recording", "pdf", "zip")
#: The distinct calls of the samples; in the other languages the one for deletion reads the data.
SAMPLES = [
    *((call, "curl") for call in _SAME_IN_ALL),
    *((call, each) for call in ("create", "accept", "reject", "pending") for each in LANGUAGES),
    *(("delete", each) for each in DELETING),
]


def send(http: httpx.Client, call: str, scan_id: str, language: str = "curl") -> httpx.Response:
    """Send the call as the sample of the language makes it."""
    if call == "delete" and language not in DELETING:
        call = "data"
    if call in _GETS:
        path = _GETS[call].replace("{id}", scan_id)
        return http.get(path, headers={"Accept": "application/json"})
    path, body = _POSTS[call]
    body = {**body, "scanId" if call == "create" else "verificationId": scan_id}
    if call == "reject" and language in ("C#", "Java"):
        del body["type"]
    request = http.build_request("POST", path, json=body)
    if language == "C#":
        request.headers["Content-Type"] += "; charset=utf-8"
    del request.headers["Accept"]
    if accept := _OWN_ACCEPT.get(language, "*/*"):
        request.headers["Accept"] = accept
    return http.send(request)
