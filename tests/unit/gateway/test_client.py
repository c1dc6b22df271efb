"""Gateway client: the requests it sends, and what each response becomes."""

import json
import pickle
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import (
    ADAS_PROCESS,
    BASE,
    BENS_PROCESS,
    CALLS,
    CHANGES,
    HOSTED,
    ONBOARDING_TOKEN,
    Recorder,
    adas_request,
    created_response,
    gateway,
    options,
    process_response,
)
from webapp.gateway import (
    CreatedProcess,
    CreateRequest,
    Forbidden,
    GatewayError,
    InvalidResponse,
    NoHostedPage,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
    UntrustedHostedPage,
)


def ok(response: Any) -> httpx.Response:
    return httpx.Response(200, json=response)


def test_create_sends_documented_members_without_absent_ones() -> None:
    wire = Recorder(ok(created_response()))
    created = gateway(wire).create(
        adas_request(
            redirect_url="https://embed.test/return/ref",
            country_id="ESP",
            doc_type="IDCard",
            extra_data={"site": "shop"},
        )
    )
    assert created == CreatedProcess(ADAS_PROCESS, ONBOARDING_TOKEN, HOSTED)
    [request] = wire.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/onboarding")
    assert request.headers["authorization"] == "Bearer held-token"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "scanId": ADAS_PROCESS,
        "redirectUrl": "https://embed.test/return/ref",
        "countryId": "ESP",
        "docType": "IDCard",
        "verificationExtraData": {"site": "shop"},
    }


def test_create_request_with_specific_document_type_sends_country_too() -> None:
    request = adas_request(country_id="ESP", doc_specific_type="ESPIDCardV4")
    assert request.body() == {
        "scanId": ADAS_PROCESS,
        "countryId": "ESP",
        "docSpecificType": "ESPIDCardV4",
    }


@pytest.mark.parametrize("scan_id", ["", ADAS_PROCESS[:-1], f"{{{ADAS_PROCESS}}}", 7])
def test_client_invalid_process_id_raises_value_error_before_sending(scan_id: Any) -> None:
    with pytest.raises(ValueError, match="UUID"):
        CreateRequest(scan_id=scan_id)
    wire = Recorder(ok({}))
    client = gateway(wire)
    for call in (client.read, client.accept, client.delete, client.pdf):
        with pytest.raises(ValueError, match="UUID"):
            call(scan_id)
    for with_more in (client.image, client.recording, client.reject):
        with pytest.raises(ValueError, match="UUID"):
            with_more(scan_id, "face_now")
    assert wire.requests == []


def test_create_request_non_text_extra_data_raises_value_error() -> None:
    with pytest.raises(ValueError, match="strings"):
        adas_request(extra_data={"age": 30})


def test_read_upper_case_id_is_sent_and_returned_in_lower_case() -> None:
    wire = Recorder(ok(process_response(scanId=ADAS_PROCESS.upper())))
    assert gateway(wire).read(ADAS_PROCESS.upper()).scan_id == ADAS_PROCESS
    assert wire.paths == [f"/mobbscan-agent/getVerificationProcessData/{ADAS_PROCESS}"]


def test_client_base_url_with_path_is_prefix_of_every_path() -> None:
    wire = Recorder(ok(created_response()))
    gateway(wire, base_url=f"{BASE}/tenant/a/").create(adas_request())
    assert wire.paths == ["/tenant/a/onboarding"]


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_delete_uses_configured_method_only(method: str) -> None:
    wire = Recorder(httpx.Response(405))
    with pytest.raises(RequestRefused):
        gateway(wire, delete_method=method).delete(ADAS_PROCESS)
    [request] = wire.requests
    assert request.method == method
    assert request.url.path == f"/mobbscan-agent/api/verification/{ADAS_PROCESS}"


@pytest.mark.parametrize(
    ("missing", "configured", "other"),
    [(404, "/onboarding", "/onboarding/token"), (405, "/onboarding/token", "/onboarding")],
)
def test_create_missing_path_tries_alternative_and_remembers_it(
    missing: int, configured: str, other: str
) -> None:
    wire = Recorder(httpx.Response(missing), ok(created_response()))
    client = gateway(wire, create_path=configured)
    client.create(adas_request())
    client.create(adas_request())
    assert wire.paths == [configured, other, other]


def test_create_both_paths_missing_raises_invalid_response() -> None:
    wire = Recorder(httpx.Response(404))
    client = gateway(wire)
    for _ in range(2):
        with pytest.raises(InvalidResponse):
            client.create(adas_request())
    assert wire.paths == ["/onboarding", "/onboarding/token"] * 2


@pytest.mark.parametrize("status", [400, 403, 409, 500])
def test_create_other_status_does_not_try_alternative_path(status: int) -> None:
    wire = Recorder(httpx.Response(status))
    with pytest.raises(GatewayError):
        gateway(wire).create(adas_request())
    assert wire.paths == ["/onboarding"]


def test_create_custom_path_has_no_alternative() -> None:
    wire = Recorder(httpx.Response(404))
    with pytest.raises(InvalidResponse):
        gateway(wire, create_path="/v2/start").create(adas_request())
    assert wire.paths == ["/v2/start"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefused),
        (401, Unauthorized),
        (404, Unauthorized),
        (410, Unauthorized),
        (403, Forbidden),
        (409, StateConflict),
        (429, Unavailable),
        (500, Unavailable),
    ],
)
def test_client_error_status_raises_its_error_with_status_and_body(
    status: int, error: type[GatewayError]
) -> None:
    body = b"\xff<html>"
    with pytest.raises(error) as failure:
        gateway(Recorder(httpx.Response(status, content=body))).delete(ADAS_PROCESS)
    assert type(failure.value) is error
    assert (failure.value.status, failure.value.body) == (status, body)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("7", 7.0),
        ("99999999", 3600.0),
        ("Fri, 01 Jan 2021 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 -0000", 3600.0),
        ("soon", None),
        ("-1", None),
        ("²", None),
    ],
)
def test_client_retry_after_header_is_parsed_and_capped_at_an_hour(
    stated: str, seconds: float | None
) -> None:
    response = httpx.Response(429, headers=[(b"Retry-After", stated.encode())])
    with pytest.raises(Unavailable) as failure:
        gateway(Recorder(response)).delete(ADAS_PROCESS)
    assert failure.value.retry_after_seconds == seconds


@pytest.mark.parametrize("call", ["create", "read", *CHANGES])
def test_client_response_about_other_process_raises_process_mismatch(call: str) -> None:
    ids = {"scanId": BENS_PROCESS, "verificationId": BENS_PROCESS}
    wire = Recorder(ok({**created_response(), **ids}))
    with pytest.raises(ProcessMismatch):
        CALLS[call](gateway(wire))
    assert len(wire.requests) == 1


@pytest.mark.parametrize("call", ["read", *CHANGES])
@pytest.mark.parametrize(
    "ids",
    [
        {"scanId": BENS_PROCESS},
        {"scanId": BENS_PROCESS, "verificationId": ADAS_PROCESS.upper()},
        {"scanId": ADAS_PROCESS, "verificationId": BENS_PROCESS},
    ],
)
def test_client_response_with_one_other_id_is_taken(call: str, ids: dict[str, str]) -> None:
    CALLS[call](gateway(Recorder(ok(ids))))


def test_read_other_scan_id_is_returned() -> None:
    data = gateway(Recorder(ok({"scanId": BENS_PROCESS.upper()}))).read(ADAS_PROCESS)
    assert (data.scan_id, data.other_scan_id) == (ADAS_PROCESS, BENS_PROCESS)


@pytest.mark.parametrize("lost", ["scanId", "onboardingToken", "url"])
@pytest.mark.parametrize("value", ["", 7])
def test_create_response_without_required_member_raises_invalid_response(
    lost: str, value: Any
) -> None:
    with pytest.raises(InvalidResponse):
        gateway(Recorder(ok(created_response(**{lost: value})))).create(adas_request())


def test_create_response_url_is_read_from_onboarding_url_too() -> None:
    response = {**created_response(), "onboardingUrl": HOSTED}
    del response["url"]
    assert gateway(Recorder(ok(response))).create(adas_request()).url == HOSTED


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("https://GATEWAY.test:443/onboarding/x", "https://GATEWAY.test:443/onboarding/x"),
        (" https://hosted.test:8443/x?y=z#w\n", "https://hosted.test:8443/x?y=z#w"),
        ("/onboarding/x", f"{BASE}/onboarding/x"),
        ("x?y", f"{BASE}/x?y"),
    ],
)
def test_create_hosted_page_on_trusted_origin_is_resolved(url: str, resolved: str) -> None:
    wire = Recorder(ok(created_response(url=url)))
    client = gateway(wire, hosted_origins=("https://hosted.test:8443",))
    assert client.create(adas_request()).url == resolved


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://evil.test/onboarding/x", "https://evil.test"),
        ("//evil.test/onboarding/x", "https://evil.test"),
        ("http://gateway.test/onboarding/x", "http://gateway.test"),
        ("https://hosted.test/x", "https://hosted.test"),
    ],
)
def test_create_hosted_page_on_untrusted_origin_is_refused_with_it(url: str, origin: str) -> None:
    client = gateway(
        Recorder(ok(created_response(url=url))), hosted_origins=("https://hosted.test:8443",)
    )
    with pytest.raises(UntrustedHostedPage) as failure:
        client.create(adas_request())
    assert failure.value.origin == origin
    assert "evil" not in repr(pickle.loads(pickle.dumps(failure.value)).__dict__)


@pytest.mark.parametrize(
    "url",
    ["https://gateway.test@evil.test/x", "https://gateway.test\\@evil.test/x", "javascript:x"],
)
def test_create_hosted_page_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(NoHostedPage):
        gateway(Recorder(ok(created_response(url=url)))).create(adas_request())


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "gateway.test"},
        {"base_url": "ftp://gateway.test"},
        {"base_url": "https://user:pass@gateway.test"},
        {"delete_method": "POST"},
        {"create_path": "onboarding"},
        {"hosted_origins": ("hosted.test",)},
    ],
)
def test_gateway_options_invalid_value_raises_value_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        options(**changes)
