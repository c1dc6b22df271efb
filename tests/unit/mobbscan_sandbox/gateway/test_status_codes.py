"""Every endpoint with every status code that it can answer.

tests/contract/test_vendor_samples.py has the calls that are answered with 200.
"""

import uuid

import pytest

from tests.support.gateway import KEY, SECRET, Company

AGENT = "/mobbscan-agent"
#: Method, path and body; `{id}` in the path is the process id.
ENDPOINTS = {
    "data": ("GET", f"{AGENT}/getVerificationProcessData/{{id}}", None),
    "image": ("GET", f"{AGENT}/{{id}}/image/document_front", None),
    "recording": ("GET", f"{AGENT}/{{id}}/recording/video_liveness", None),
    "pdf": ("GET", f"{AGENT}/api/pdf/{{id}}", None),
    "zip": ("GET", "/api/zip/{id}", None),
    "zip alias": ("GET", f"{AGENT}/api/zip/{{id}}", None),
    "accept": ("POST", f"{AGENT}/accept", {"type": "AUTO", "personalData": {}}),
    "reject": ("POST", f"{AGENT}/reject", {"type": "AUTO", "rejectionComment": "blurred"}),
    "pending": ("POST", f"{AGENT}/pending", {}),
    "delete": ("DELETE", f"{AGENT}/api/verification/{{id}}", None),
    "delete by GET": ("GET", f"{AGENT}/api/verification/{{id}}", None),
    "token": ("POST", "/auth/token", {"api_key": KEY, "api_secret": SECRET}),
    "create": ("POST", "/onboarding", {}),
}
DECISIONS = ["accept", "reject", "pending"]
each_endpoint = pytest.mark.parametrize(
    "name", [name for name in ENDPOINTS if name not in ("token", "create")]
)


@pytest.fixture(autouse=True)
def extensions(controls):
    controls.switch(extensions=True)


@pytest.fixture
def status_of(company):
    """Call an endpoint about a process and return the status code."""

    def status_of(name, scan_id, **headers):
        method, path, body = ENDPOINTS[name]
        body = body if body is None else {**body, "verificationId": scan_id}
        path = path.replace("{id}", scan_id)
        return company.http.request(method, path, json=body, headers=headers).status_code

    return status_of


@pytest.fixture
def ready_process(make_process):
    """Make a process in the state in which the endpoint works."""
    return lambda name: make_process("validation" if name in DECISIONS else "passes")


@each_endpoint
def test_call_with_an_id_that_is_no_uuid_is_400(status_of, name):
    assert status_of(name, "xxxx-xxxx-xxxx-xxxx") == 400


@each_endpoint
def test_call_without_a_valid_token_is_401(gateway, company, controls, status_of, name):
    scan_id = company.create()["scanId"]
    credentials = {"api_key": "k2", "api_secret": "s2"}
    controls.http.put("/tenants/other", json=credentials)
    other_tenant = Company(gateway.url, **credentials)
    other_tenant.http.close()
    token_of_other_tenant = other_tenant.http.headers["Authorization"]
    for token in ("", "Basic abc", "Bearer", "Bearer a.b.c", "Bearer é", token_of_other_tenant):
        assert status_of(name, scan_id, Authorization=token.encode()) == 401
    assert company.data(scan_id).status_code == 200


@each_endpoint
def test_call_about_an_unknown_process_has_the_status_of_the_switch(
    controls, status_of, unknown_id, name
):
    for status in (401, 404):
        controls.switch(unknown_status=status)
        assert status_of(name, unknown_id) == status


@pytest.mark.parametrize("name", [*DECISIONS, "delete", "delete by GET"])
def test_change_with_read_only_credentials_is_403(
    company, controls, status_of, ready_process, name
):
    scan_id = ready_process(name)
    controls.switch(read_only=True)
    company.log_in()
    assert status_of(name, scan_id) == 403


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("outcome", [None, "passes", "fails", "abandon", "SupportError"])
def test_decision_in_another_state_is_409(status_of, make_process, name, outcome):
    assert status_of(name, make_process(outcome)) == 409


@pytest.mark.parametrize("name", ["image", "recording", "pdf", "zip", "zip alias"])
def test_absent_evidence_has_the_status_of_the_switch(controls, status_of, make_process, name):
    scan_id = make_process()
    for status in (404, 400):
        controls.switch(missing_evidence_status=status, pdf_after_verdict=True)
        assert status_of(name, scan_id) == status


@pytest.mark.parametrize("name", ["image", "recording", "pdf"])
def test_evidence_in_an_undocumented_format_is_406(status_of, ready_process, name):
    scan_id = ready_process(name)
    for accept in ("text/html", "image/png;q=1", "audio/*", "nonsense"):
        assert status_of(name, scan_id, Accept=accept) == 406


def test_zip_alias_needs_the_extensions(controls, status_of, make_process):
    scan_id = make_process("passes")
    assert status_of("zip alias", scan_id) == 200
    controls.switch(extensions=False)
    assert status_of("zip alias", scan_id) == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/auth/token"), ("OPTIONS", "/onboarding"), ("PUT", f"{AGENT}/api/verification/1")],
)
def test_wrong_method_is_405_with_allow(company, method, path):
    answer = company.http.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", f"{AGENT}/api/pdf/"])
def test_unknown_path_is_404(company, path):
    assert company.http.get(path).status_code == 404


@pytest.mark.parametrize("place", [name for name in ENDPOINTS if " " not in name])
def test_status_fault_answers_its_status_at_every_endpoint(controls, status_of, place):
    for status in (200, 401, 599):
        controls.post("/faults", at=place, kind="status", status=status, times=1)
        assert status_of(place, str(uuid.uuid4())) == status
    assert controls.get("/counters")["faults"] == 3
