"""What is sent, and what each answer of the gateway becomes."""

import json
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
    READS,
    Recorder,
    adas_request,
    created_answer,
    gateway,
    options,
    process_answer,
)
from webapp.gateway import (
    CreatedProcess,
    CreateRequest,
    Forbidden,
    GatewayError,
    InvalidResponse,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)


def ok(answer: Any) -> httpx.Response:
    return httpx.Response(200, json=answer)


def test_create_sends_documented_members_only_and_leaves_absent_ones_out() -> None:
    wire = Recorder(ok(created_answer()))
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


def test_a_specific_document_type_goes_alone() -> None:
    request = adas_request(country_id="ESP", doc_type="IDCard", doc_specific_type="ESPIDCardV4")
    assert request.body() == {"scanId": ADAS_PROCESS, "docSpecificType": "ESPIDCardV4"}


@pytest.mark.parametrize("scan_id", ["", "xxxx-xxxx", ADAS_PROCESS[:-1], f"{{{ADAS_PROCESS}}}", 7])
def test_an_id_that_is_no_uuid_is_never_sent(scan_id: Any) -> None:
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


def test_extra_data_that_is_not_text_is_never_sent() -> None:
    with pytest.raises(ValueError, match="strings"):
        adas_request(extra_data={"age": 30})


def test_an_id_in_capitals_is_the_same_id() -> None:
    wire = Recorder(ok(process_answer(scanId=ADAS_PROCESS.upper())))
    assert gateway(wire).read(ADAS_PROCESS.upper()).scan_id == ADAS_PROCESS
    assert wire.paths == [f"/mobbscan-agent/getVerificationProcessData/{ADAS_PROCESS}"]


def test_a_base_address_may_carry_a_path() -> None:
    wire = Recorder(ok(created_answer()))
    gateway(wire, base_url=f"{BASE}/tenant/a/").create(adas_request())
    assert wire.paths == ["/tenant/a/onboarding"]


def test_review_sends_the_id_alone() -> None:
    wire = Recorder(ok({"status": "UPDATED_VERIFICATION"}))
    gateway(wire).send_to_review(ADAS_PROCESS)
    [request] = wire.requests
    assert (request.method, request.url.path) == ("POST", "/mobbscan-agent/pending")
    assert json.loads(request.content) == {"verificationId": ADAS_PROCESS}


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_delete_uses_the_configured_method_and_no_other(method: str) -> None:
    wire = Recorder(httpx.Response(405))
    with pytest.raises(RequestRefused):
        gateway(wire, delete_method=method).delete(ADAS_PROCESS)
    [request] = wire.requests
    assert request.method == method
    assert request.url.path == f"/mobbscan-agent/api/verification/{ADAS_PROCESS}"


@pytest.mark.parametrize("missing", [404, 405])
@pytest.mark.parametrize(
    ("configured", "other"),
    [("/onboarding", "/onboarding/token"), ("/onboarding/token", "/onboarding")],
)
def test_the_other_create_path_is_tried_once_and_remembered(
    missing: int, configured: str, other: str
) -> None:
    wire = Recorder(httpx.Response(missing), ok(created_answer()))
    client = gateway(wire, create_path=configured)
    client.create(adas_request())
    client.create(adas_request())
    assert wire.paths == [configured, other, other]


@pytest.mark.parametrize("missing", [404, 405])
def test_where_neither_create_path_exists_it_is_nobodys_refusal(missing: int) -> None:
    wire = Recorder(httpx.Response(missing))
    client = gateway(wire)
    for _ in range(2):
        with pytest.raises(InvalidResponse):
            client.create(adas_request())
    assert wire.paths == ["/onboarding", "/onboarding/token"] * 2


@pytest.mark.parametrize("status", [400, 403, 409, 422, 429, 500, 503])
def test_any_other_answer_does_not_try_the_other_path(status: int) -> None:
    wire = Recorder(httpx.Response(status))
    with pytest.raises(GatewayError):
        gateway(wire).create(adas_request())
    assert wire.paths == ["/onboarding"]


def test_a_path_of_ones_own_has_no_other() -> None:
    wire = Recorder(httpx.Response(404))
    with pytest.raises(InvalidResponse):
        gateway(wire, create_path="/v2/start").create(adas_request())
    assert wire.paths == ["/v2/start"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefused),
        (401, Unauthorized),
        (403, Forbidden),
        (409, StateConflict),
        (413, RequestRefused),
        (415, RequestRefused),
        (422, RequestRefused),
        (429, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
    ],
)
@pytest.mark.parametrize("call", ["create", *READS, *CHANGES])
@pytest.mark.parametrize("body", [b"", b"no", b'{"status":"X"}', b"\xff", b"<html>"])
def test_each_status_has_its_error(
    call: str, status: int, error: type[GatewayError], body: bytes
) -> None:
    with pytest.raises(error) as failure:
        CALLS[call](gateway(Recorder(httpx.Response(status, content=body))))
    assert type(failure.value) is error
    assert (failure.value.status, failure.value.body) == (status, body)


@pytest.mark.parametrize("call", [*READS, *CHANGES])
@pytest.mark.parametrize("status", [404, 410])
def test_not_found_means_what_401_means(call: str, status: int) -> None:
    with pytest.raises(Unauthorized) as failure:
        CALLS[call](gateway(Recorder(httpx.Response(status))))
    assert failure.value.status == status


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("99999999", 3600.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 3600.0),
        ("Fri, 01 Jan 2021 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 -0000", 3600.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("²", None),
    ],
)
def test_the_wish_to_wait_is_understood_or_ignored(stated: str, seconds: float | None) -> None:
    answer = httpx.Response(429, headers=[(b"Retry-After", stated.encode())])
    with pytest.raises(Unavailable) as failure:
        gateway(Recorder(answer)).delete(ADAS_PROCESS)
    assert failure.value.retry_after_seconds == seconds


@pytest.mark.parametrize("call", ["create", *READS, *CHANGES])
def test_an_answer_about_bens_process_is_not_taken_for_adas(call: str) -> None:
    wire = Recorder(ok({**created_answer(), "scanId": BENS_PROCESS}))
    with pytest.raises(ProcessMismatch):
        CALLS[call](gateway(wire))
    assert len(wire.requests) == 1


@pytest.mark.parametrize("lost", ["scanId", "onboardingToken", "url"])
@pytest.mark.parametrize("value", [None, "", 7, [], {}])
def test_a_created_process_needs_all_three_members(lost: str, value: Any) -> None:
    with pytest.raises(InvalidResponse):
        gateway(Recorder(ok(created_answer(**{lost: value})))).create(adas_request())


def test_the_address_may_have_its_other_name() -> None:
    answer = {**created_answer(), "onboardingUrl": HOSTED}
    del answer["url"]
    assert gateway(Recorder(ok(answer))).create(adas_request()).url == HOSTED


@pytest.mark.parametrize(
    "url",
    [
        HOSTED,
        "https://GATEWAY.test:443/onboarding/x",
        "https://hosted.test:8443/x?y=z#w",
        "https://hosted.test:8443",
    ],
)
def test_a_hosted_page_may_live_on_the_gateway_or_a_configured_origin(url: str) -> None:
    client = gateway(
        Recorder(ok(created_answer(url=url))), hosted_origins=("https://hosted.test:8443",)
    )
    assert client.create(adas_request()).url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/onboarding/x",
        "http://gateway.test/onboarding/x",
        "https://gateway.test:8443/x",
        "https://gateway.test.evil.test/x",
        "https://gateway.test@evil.test/x",
        "https://evil.test#@gateway.test/",
        "https://gateway.test\\@evil.test/x",
        "https://evil.test\\.gateway.test/x",
        "//gateway.test/x",
        "/onboarding/x",
        "javascript:alert(1)//https://gateway.test/",
        "https:gateway.test/x",
        "https:///gateway.test/x",
        "https://gateway.test%2eevil.test/",
        "https://gateway.test/x y",
        "https://gateway.test/\tx",
        "https://gateway.test/\n",
        " https://gateway.test/x",
        'https://gateway.test/"><script>',
        "https://gateway.test:0/x",
        "https://gateway.test:99999/x",
        "https://gateway.test:443:443/x",
        "https://gatewаy.test/x",
        "https://hosted.test/x",
        "https://gateway.test/" + "x" * 5000,
    ],
)
def test_an_address_anywhere_else_is_nonsense(url: str) -> None:
    client = gateway(
        Recorder(ok(created_answer(url=url))), hosted_origins=("https://hosted.test:8443",)
    )
    with pytest.raises(InvalidResponse) as failure:
        client.create(adas_request())
    assert failure.value.maybe_sent is True


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
def test_options_that_cannot_work_are_refused_at_once(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        options(**changes)
