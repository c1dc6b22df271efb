"""The hosted page and the calls of its script; tests/browser/ runs it in Chromium."""

import pytest

from tests.support.gateway import HostedPage, web


@pytest.fixture
def hosted(gateway, company):
    return HostedPage(gateway.url, company.create(redirectUrl="https://shop.test/back?a=1#b"))


@pytest.fixture
def process(controls):
    """Return the JSON of the only process."""
    return lambda: controls.get("/processes")["processes"][0]


def test_page_can_be_framed_and_forbids_inline_scripts(hosted):
    headers = web.get(hosted.address).headers
    assert "X-Frame-Options" not in headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors" not in policy
    assert "unsafe" not in policy
    assert headers["Permissions-Policy"] == "camera=(self), microphone=(self)"


@pytest.mark.parametrize(
    ("accepted", "language"), [("es-ES,es;q=0.9", "es"), ("fr,en;q=0.5", "en"), ("fr", "en")]
)
def test_page_has_the_language_of_the_first_browser(hosted, accepted, language):
    answer = web.get(hosted.address, headers={"Accept-Language": accepted})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    for other in ("es", "en"):
        again = web.get(hosted.address, headers={"Accept-Language": other})
        assert again.headers["Content-Language"] == language


@pytest.mark.parametrize(
    ("extra_data", "language"),
    [
        ({"language": "es"}, "es"),
        ({"locale": "es-MX"}, "es"),
        ({"locale": "EN_gb"}, "en"),
        ({"locale": "fr"}, "en"),
    ],
)
def test_page_has_the_language_of_the_create_call(gateway, company, extra_data, language):
    created = company.create(verificationExtraData=extra_data)
    answer = web.get(created["url"], headers={"Accept-Language": "en"})
    assert answer.headers["Content-Language"] == language


@pytest.mark.parametrize("fields", [{"docType": "Passport"}, {"docSpecificType": "SLVPassport"}])
def test_page_offers_only_the_requested_document(company, fields):
    content = web.get(company.create(**fields)["url"]).text
    assert 'data-document="Passport"' in content
    assert 'data-document="IDCard"' not in content


def test_page_can_be_used_again_after_an_error(hosted, process):
    hosted.post("/begin")
    assert hosted.end("camera-denied").json() == {"error": "PermissionError"}
    assert process()["state"] == "ABORTED"
    assert 'id="begin"' in web.get(hosted.address).text
    assert hosted.post("/begin").status_code == 204
    assert hosted.end("passes").status_code == 200
    assert process()["state"] == "VERIFIED"


def test_finished_process_refuses_further_calls_and_links_back(hosted, process):
    hosted.end("fails")
    assert hosted.end("passes").status_code == 409
    assert hosted.post("/begin").status_code == 409
    assert process()["state"] == "NOT_VERIFIED"
    assert 'href="https://shop.test/back?a=1#b"' in web.get(hosted.address).text


def test_page_of_an_unknown_process_is_404(gateway, unknown_id):
    for process_id in (unknown_id, "no-uuid"):
        answer = web.get(f"{gateway.url}/onboarding/{process_id}")
        assert (answer.status_code, "<h1" in answer.text) == (404, True)


def test_call_with_the_token_of_another_process_is_401(company, hosted, process):
    headers = {"X-Onboarding-Token": company.create()["onboardingToken"]}
    answer = web.post(f"{hosted.address}/end", json={"outcome": "passes"}, headers=headers)
    assert answer.status_code == 401
    assert web.post(f"{hosted.address}/left", content=b"wrong").status_code == 401
    assert process()["left_at"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [("/end", {}), ("/end", {"outcome": "wins"}), ("/document", {"docType": "Napkin"})],
)
def test_invalid_call_of_the_script_is_400(hosted, path, body):
    assert hosted.post(path, body).status_code == 400


def test_upload_of_no_image_or_of_a_large_one_is_refused(hosted, process):
    assert hosted.upload(b"hello", "text/plain").status_code == 400
    assert hosted.upload(b"").status_code == 400
    assert hosted.upload(b"x" * (13 * 1024 * 1024)).status_code == 413
    assert process()["uploads"] == 0


def test_leaving_is_recorded_and_changes_nothing_else(hosted, process, controls, company):
    hosted.post("/begin")
    assert web.post(f"{hosted.address}/left", content=hosted.token.encode()).status_code == 204
    left = process()
    assert (left["state"], bool(left["left_at"])) == ("IN_PROGRESS", True)
    assert left["history"][-1]["by"] == "user left"
    assert company.data(left["id"]).json()["verificationResult"] is None
    assert controls.get("/deliveries") == {"deliveries": []}
    assert hosted.post("/begin").status_code == 204


def test_leaving_a_finished_process_records_nothing(hosted, process):
    hosted.end("passes")
    assert web.post(f"{hosted.address}/left", content=hosted.token.encode()).status_code == 204
    assert process()["left_at"] is None


def test_timeout_error_has_the_spelling_of_the_switch(hosted, controls):
    assert hosted.end("TimeoutError").json() == {"error": "TimeoutError"}
    controls.switch(timeout_word="Timeout")
    assert hosted.end("TimeoutError").json() == {"error": "Timeout"}
