"""Every endpoint with every status code it can answer, over HTTP."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.gateway import KEY, SECRET, Company, Controls

AGENT = "/mobbscan-agent"
ACCEPT = {"type": "AUTO", "personalData": {}}
REJECT = {"type": "AUTO", "rejectionComment": "blurred"}


@dataclass(frozen=True)
class Endpoint:
    """One call: `{id}` in its address or body is the process."""

    method: str
    path: str
    body: dict[str, object] | None = None
    waits: bool = False
    """Whether it works only while somebody is to decide."""

    def call(self, company: Company, scan_id: str, **more: object) -> httpx.Response:
        path = self.path.replace("{id}", scan_id)
        body = None if self.body is None else {**self.body, "verificationId": scan_id}
        return company.http.request(self.method, path, json=body, **more)  # type: ignore[arg-type]


ON_A_PROCESS = {
    "data": Endpoint("GET", f"{AGENT}/getVerificationProcessData/{{id}}"),
    "image": Endpoint("GET", f"{AGENT}/{{id}}/image/document_front"),
    "recording": Endpoint("GET", f"{AGENT}/{{id}}/recording/video_liveness"),
    "pdf": Endpoint("GET", f"{AGENT}/api/pdf/{{id}}"),
    "zip": Endpoint("GET", "/api/zip/{id}"),
    "zip alias": Endpoint("GET", f"{AGENT}/api/zip/{{id}}"),
    "accept": Endpoint("POST", f"{AGENT}/accept", ACCEPT, waits=True),
    "reject": Endpoint("POST", f"{AGENT}/reject", REJECT, waits=True),
    "pending": Endpoint("POST", f"{AGENT}/pending", {}, waits=True),
    "delete": Endpoint("DELETE", f"{AGENT}/api/verification/{{id}}"),
    "delete by GET": Endpoint("GET", f"{AGENT}/api/verification/{{id}}"),
}
EVERY = pytest.mark.parametrize("name", ON_A_PROCESS)
EVIDENCE = pytest.mark.parametrize("name", ["image", "recording", "pdf", "zip", "zip alias"])
CHANGING = [name for name in ON_A_PROCESS if ON_A_PROCESS[name].waits or "delete" in name]


@pytest.fixture(autouse=True)
def extensions(controls: Controls) -> None:
    controls.switch(extensions=True)


@pytest.fixture
def made(company: Company, controls: Controls) -> Callable[[str], str]:
    """A process in the state in which an endpoint works."""

    def make(name: str) -> str:
        scan_id = company.create()["scanId"]
        controls.end(scan_id, "validation" if ON_A_PROCESS[name].waits else "passes")
        return scan_id

    return make


@EVERY
def test_200_in_the_state_that_it_is_meant_for(
    company: Company, made: Callable[[str], str], name: str
) -> None:
    answer = ON_A_PROCESS[name].call(company, made(name))
    assert answer.status_code == 200, answer.text


@EVERY
def test_400_for_an_id_that_is_no_uuid(company: Company, name: str) -> None:
    assert ON_A_PROCESS[name].call(company, "xxxx-xxxx-xxxx-xxxx").status_code == 400


@EVERY
def test_401_without_a_living_token(
    company: Company, made: Callable[[str], str], name: str
) -> None:
    scan_id = made(name)
    for authorization in ("", "Basic abc", "Bearer", "Bearer a.b.c", "Bearer é"):
        headers = {"Authorization": authorization.encode()}
        assert ON_A_PROCESS[name].call(company, scan_id, headers=headers).status_code == 401
    assert company.data(scan_id).status_code == 200


@EVERY
def test_401_for_an_unknown_process_or_404_as_switched(
    company: Company, controls: Controls, unknown_id: str, name: str
) -> None:
    for status in (401, 404):
        controls.switch(unknown_status=status)
        assert ON_A_PROCESS[name].call(company, unknown_id).status_code == status


@EVERY
def test_401_for_a_process_of_another_company(
    company: Company, controls: Controls, made: Callable[[str], str], name: str
) -> None:
    scan_id = made(name)
    controls.http.put("/tenants/other", json={"api_key": "k2", "api_secret": "s2"})
    token = company.http.post("/auth/token", json={"api_key": "k2", "api_secret": "s2"}).json()
    headers = {"Authorization": f"Bearer {token['accessToken']}"}
    assert ON_A_PROCESS[name].call(company, scan_id, headers=headers).status_code == 401
    assert company.data(scan_id).status_code == 200


@pytest.mark.parametrize("name", CHANGING)
def test_403_for_credentials_that_may_only_read(
    company: Company, controls: Controls, made: Callable[[str], str], name: str
) -> None:
    scan_id = made(name)
    controls.switch(read_only=True)
    company.log_in()
    assert ON_A_PROCESS[name].call(company, scan_id).status_code == 403


@pytest.mark.parametrize("name", ["accept", "reject", "pending"])
@pytest.mark.parametrize("outcome", [None, "passes", "fails", "abandon", "SupportError"])
def test_409_where_nobody_waits_for_a_decision(
    company: Company, controls: Controls, name: str, outcome: str | None
) -> None:
    scan_id = company.create()["scanId"]
    if outcome:
        controls.end(scan_id, outcome)
    assert ON_A_PROCESS[name].call(company, scan_id).status_code == 409


@EVIDENCE
def test_404_for_evidence_that_is_not_there_or_400_as_switched(
    company: Company, controls: Controls, name: str
) -> None:
    scan_id = company.create()["scanId"]
    assert ON_A_PROCESS[name].call(company, scan_id).status_code == 404
    controls.switch(missing_evidence_status=400)
    assert ON_A_PROCESS[name].call(company, scan_id).status_code == 400


@pytest.mark.parametrize("name", ["image", "recording", "pdf"])
def test_406_for_a_format_that_is_not_documented(
    company: Company, made: Callable[[str], str], name: str
) -> None:
    scan_id = made(name)
    for accept in ("text/html", "application/xml", "image/png;q=1", "audio/*", "nonsense"):
        answer = ON_A_PROCESS[name].call(company, scan_id, headers={"Accept": accept})
        assert answer.status_code == 406


@pytest.mark.parametrize("name", ["zip alias"])
def test_404_for_what_is_no_part_of_the_contract_unless_switched_on(
    company: Company, controls: Controls, made: Callable[[str], str], name: str
) -> None:
    scan_id = made(name)
    controls.switch(extensions=False)
    assert ON_A_PROCESS[name].call(company, scan_id).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/token"),
        ("GET", "/onboarding"),
        ("PUT", "/onboarding/token"),
        ("POST", f"{AGENT}/getVerificationProcessData/{{id}}"),
        ("POST", f"{AGENT}/{{id}}/image/document_front"),
        ("DELETE", "/api/zip/{id}"),
        ("GET", f"{AGENT}/accept"),
        ("PUT", f"{AGENT}/api/verification/{{id}}"),
    ],
)
def test_405_for_a_method_that_an_address_does_not_know(
    company: Company, unknown_id: str, method: str, path: str
) -> None:
    answer = company.http.request(method, path.replace("{id}", unknown_id))
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/auth", f"{AGENT}/", f"{AGENT}/api/pdf/", "/api"])
def test_404_for_an_address_that_is_none(company: Company, path: str) -> None:
    assert company.http.get(path).status_code == 404


PLACES = {
    "token": Endpoint("POST", "/auth/token", {"api_key": KEY, "api_secret": SECRET}),
    "create": Endpoint("POST", "/onboarding", {}),
    **{name: each for name, each in ON_A_PROCESS.items() if " " not in name},
}


STATUSES = (204, 302, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599)


@pytest.mark.parametrize("place", PLACES)
def test_every_status_can_be_asked_for_at_every_endpoint(
    company: Company, controls: Controls, place: str
) -> None:
    for status in STATUSES:
        fault = {"at": place, "kind": "status", "status": status, "times": 1, "retry_after": 7}
        controls.post("/faults", **fault)
        answer = PLACES[place].call(company, str(uuid.uuid4()))
        assert answer.status_code == status
        assert answer.headers["Retry-After"] == "7"
    assert controls.get("/faults") == {"faults": []}
    assert controls.get("/counters")["faults"] == len(STATUSES)
