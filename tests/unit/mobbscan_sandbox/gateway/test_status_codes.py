"""Every endpoint with every status code that it can answer."""

import uuid
from dataclasses import dataclass

import pytest

from tests.support.gateway import KEY, SECRET

AGENT = "/mobbscan-agent"


@dataclass(frozen=True)
class Endpoint:
    """One call; `{id}` in the path is the process id."""

    method: str
    path: str
    body: dict | None = None

    @property
    def is_decision(self):
        return self.body is not None

    def call(self, company, scan_id, **options):
        body = None if self.body is None else {**self.body, "verificationId": scan_id}
        path = self.path.replace("{id}", scan_id)
        return company.http.request(self.method, path, json=body, **options)


ENDPOINTS = {
    "data": Endpoint("GET", f"{AGENT}/getVerificationProcessData/{{id}}"),
    "image": Endpoint("GET", f"{AGENT}/{{id}}/image/document_front"),
    "recording": Endpoint("GET", f"{AGENT}/{{id}}/recording/video_liveness"),
    "pdf": Endpoint("GET", f"{AGENT}/api/pdf/{{id}}"),
    "zip": Endpoint("GET", "/api/zip/{id}"),
    "zip alias": Endpoint("GET", f"{AGENT}/api/zip/{{id}}"),
    "accept": Endpoint("POST", f"{AGENT}/accept", {"type": "AUTO", "personalData": {}}),
    "reject": Endpoint("POST", f"{AGENT}/reject", {"type": "AUTO", "rejectionComment": "blurred"}),
    "pending": Endpoint("POST", f"{AGENT}/pending", {}),
    "delete": Endpoint("DELETE", f"{AGENT}/api/verification/{{id}}"),
    "delete by GET": Endpoint("GET", f"{AGENT}/api/verification/{{id}}"),
}
DECISIONS = [name for name, endpoint in ENDPOINTS.items() if endpoint.is_decision]
each_endpoint = pytest.mark.parametrize("name", ENDPOINTS)


@pytest.fixture(autouse=True)
def extensions(controls):
    controls.switch(extensions=True)


@pytest.fixture
def ready_process(make_process):
    """Make a process in the state in which the endpoint works."""
    return lambda name: make_process("validation" if name in DECISIONS else "passes")


@each_endpoint
def test_call_in_the_right_state_is_200(company, ready_process, name):
    answer = ENDPOINTS[name].call(company, ready_process(name))
    assert answer.status_code == 200, answer.text


@each_endpoint
def test_call_with_an_id_that_is_no_uuid_is_400(company, name):
    assert ENDPOINTS[name].call(company, "xxxx-xxxx-xxxx-xxxx").status_code == 400


@each_endpoint
def test_call_without_a_valid_token_is_401(company, ready_process, name):
    scan_id = ready_process(name)
    for authorization in ("", "Basic abc", "Bearer", "bearer x", "Bearer a.b.c", "Bearer é"):
        headers = {"Authorization": authorization.encode()}
        assert ENDPOINTS[name].call(company, scan_id, headers=headers).status_code == 401
    assert company.data(scan_id).status_code == 200


@each_endpoint
def test_call_about_an_unknown_process_has_the_status_of_the_switch(
    company, controls, unknown_id, name
):
    for status in (401, 404):
        controls.switch(unknown_status=status)
        assert ENDPOINTS[name].call(company, unknown_id).status_code == status


@each_endpoint
def test_call_about_a_process_of_another_tenant_is_401(company, controls, ready_process, name):
    scan_id = ready_process(name)
    credentials = {"api_key": "k2", "api_secret": "s2"}
    controls.http.put("/tenants/other", json=credentials)
    token = company.http.post("/auth/token", json=credentials).json()["accessToken"]
    headers = {"Authorization": f"Bearer {token}"}
    assert ENDPOINTS[name].call(company, scan_id, headers=headers).status_code == 401
    assert company.data(scan_id).status_code == 200


@pytest.mark.parametrize("name", [*DECISIONS, "delete", "delete by GET"])
def test_change_with_read_only_credentials_is_403(company, controls, ready_process, name):
    scan_id = ready_process(name)
    controls.switch(read_only=True)
    company.log_in()
    assert ENDPOINTS[name].call(company, scan_id).status_code == 403


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("outcome", [None, "passes", "fails", "abandon", "SupportError"])
def test_decision_in_another_state_is_409(company, make_process, name, outcome):
    assert ENDPOINTS[name].call(company, make_process(outcome)).status_code == 409


@pytest.mark.parametrize("name", ["image", "recording", "pdf", "zip", "zip alias"])
def test_absent_evidence_has_the_status_of_the_switch(company, controls, make_process, name):
    scan_id = make_process()
    for status in (404, 400):
        controls.switch(missing_evidence_status=status)
        assert ENDPOINTS[name].call(company, scan_id).status_code == status


@pytest.mark.parametrize("name", ["image", "recording", "pdf"])
def test_evidence_in_an_undocumented_format_is_406(company, ready_process, name):
    scan_id = ready_process(name)
    for accept in ("text/html", "image/png;q=1", "audio/*", "nonsense"):
        answer = ENDPOINTS[name].call(company, scan_id, headers={"Accept": accept})
        assert answer.status_code == 406


def test_zip_alias_without_extensions_is_404(company, controls, ready_process):
    scan_id = ready_process("zip alias")
    controls.switch(extensions=False)
    assert ENDPOINTS["zip alias"].call(company, scan_id).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/token"),
        ("GET", "/onboarding"),
        ("OPTIONS", "/onboarding"),
        ("PUT", "/onboarding/token"),
        ("POST", f"{AGENT}/getVerificationProcessData/{{id}}"),
        ("DELETE", "/api/zip/{id}"),
        ("GET", f"{AGENT}/accept"),
        ("PUT", f"{AGENT}/api/verification/{{id}}"),
    ],
)
def test_wrong_method_is_405_with_allow(company, unknown_id, method, path):
    answer = company.http.request(method, path.replace("{id}", unknown_id))
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/auth", f"{AGENT}/", f"{AGENT}/api/pdf/", "/api"])
def test_unknown_path_is_404(company, path):
    assert company.http.get(path).status_code == 404


PLACES = {
    "token": Endpoint("POST", "/auth/token", {"api_key": KEY, "api_secret": SECRET}),
    "create": Endpoint("POST", "/onboarding", {}),
    **{name: endpoint for name, endpoint in ENDPOINTS.items() if " " not in name},
}


@pytest.mark.parametrize("place", PLACES)
def test_status_fault_answers_its_status_at_every_endpoint(company, controls, place):
    statuses = (204, 302, 400, 401, 429, 500, 503, 599)
    for status in statuses:
        fault = {"at": place, "kind": "status", "status": status, "times": 1, "retry_after": 7}
        controls.post("/faults", **fault)
        answer = PLACES[place].call(company, str(uuid.uuid4()))
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert controls.get("/faults") == {"faults": []}
    assert controls.get("/counters")["faults"] == len(statuses)
