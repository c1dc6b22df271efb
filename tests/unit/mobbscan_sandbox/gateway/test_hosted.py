"""The hosted page and the calls of its script, over HTTP."""

import pytest

from mobbscan_sandbox.gateway import RunningGateway
from mobbscan_sandbox.gateway.hosted_texts import TEXTS
from tests.support.gateway import Company, Controls, HostedPage, web


@pytest.fixture
def hosted(gateway: RunningGateway, company: Company) -> HostedPage:
    return HostedPage(gateway.url, company.create(redirectUrl="https://shop.test/back?a=1#b"))


def state(controls: Controls) -> str:
    return str(controls.get("/processes")["processes"][0]["state"])


def test_the_page_needs_no_credentials_and_forbids_no_frame(hosted: HostedPage) -> None:
    answer = web.get(hosted.address)
    assert answer.status_code == 200
    assert "X-Frame-Options" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors" not in policy
    assert "unsafe" not in policy
    assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=(self)"


def test_nothing_on_the_page_is_inline(hosted: HostedPage) -> None:
    content = web.get(hosted.address).text
    assert " style=" not in content
    assert "<style" not in content
    assert " onclick=" not in content
    assert content.count("<script") == content.count('<script type="module" src="/hosted-assets/')


@pytest.mark.parametrize(
    "hook",
    [
        'id="begin"', 'data-document="IDCard"', 'data-document="Passport"', 'id="capture"',
        'id="use-file"', 'id="keep"', 'id="outcome-passes"', 'id="outcome-fails"',
        'id="outcome-review"', 'id="outcome-validation"', 'id="outcome-camera-denied"',
        'id="dialog-accept"', 'id="skip-capture"', "https://shop.test/back?a=1#b",
    ],
)  # fmt: skip
def test_the_page_has_its_stable_hooks(hosted: HostedPage, hook: str) -> None:
    assert hook in web.get(hosted.address).text


@pytest.mark.parametrize(
    ("languages", "language", "words"),
    [
        ("es-ES,es;q=0.9", "es", "Confirmemos que eres tú"),
        ("fr,en;q=0.5", "en", "confirm it’s you"),
        ("fr", "en", "confirm it’s you"),
        ("", "en", "confirm it’s you"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    hosted: HostedPage, languages: str, language: str, words: str
) -> None:
    answer = web.get(hosted.address, headers={"Accept-Language": languages})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert words in answer.text


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["en"].keys() == TEXTS["es"].keys()


def test_only_the_document_that_was_asked_for_is_offered(
    gateway: RunningGateway, company: Company
) -> None:
    for wanted in ({"docType": "Passport"}, {"docSpecificType": "SLVPassport"}):
        content = web.get(HostedPage(gateway.url, company.create(**wanted)).address).text
        assert 'data-document="Passport"' in content
        assert 'data-document="IDCard"' not in content


def test_the_assets_are_served(gateway: RunningGateway) -> None:
    for name in ("capture.js", "camera.js", "embedding.js", "server.js", "hosted.css", "icon.svg"):
        assert web.get(f"{gateway.url}/hosted-assets/{name}").status_code == 200


def test_a_whole_capture(hosted: HostedPage, controls: Controls, company: Company) -> None:
    assert hosted.post("/begin").status_code == 204
    assert state(controls) == "IN_PROGRESS"
    assert hosted.post("/document", {"docType": "Passport"}).status_code == 204
    assert hosted.upload(b"\xff\xd8\xff").status_code == 204
    assert hosted.upload(b"\xff\xd8\xff").status_code == 204
    answer = hosted.end("passes")
    assert (answer.status_code, answer.json()) == (200, {"error": None})
    seen = controls.get("/processes")["processes"][0]
    assert (seen["state"], seen["uploads"]) == ("VERIFIED", 2)
    assert company.data(seen["id"]).json()["document"]["documentType"] == "TD3Passport"


def test_after_an_error_the_same_address_can_be_used_again(
    hosted: HostedPage, controls: Controls
) -> None:
    hosted.post("/begin")
    assert hosted.end("camera-denied").json() == {"error": "PermissionError"}
    assert state(controls) == "ABORTED"
    assert 'id="begin"' in web.get(hosted.address).text
    assert hosted.post("/begin").status_code == 204
    assert hosted.end("passes").status_code == 200
    assert state(controls) == "VERIFIED"


def test_a_finished_check_cannot_be_ended_twice_and_says_so(
    hosted: HostedPage, controls: Controls
) -> None:
    hosted.end("fails")
    assert hosted.end("passes").status_code == 409
    assert hosted.post("/begin").status_code == 409
    assert state(controls) == "NOT_VERIFIED"
    content = web.get(hosted.address).text
    assert "This check is finished" in content
    assert 'href="https://shop.test/back?a=1#b"' in content


@pytest.mark.parametrize("path", ["/onboarding/nope", "/onboarding/token"])
def test_an_address_that_leads_nowhere_is_a_page(gateway: RunningGateway, path: str) -> None:
    answer = web.get(gateway.url + path)
    assert answer.status_code in (404, 405)
    if path.endswith("nope"):
        assert "This address is not valid" in answer.text


def test_an_unknown_check_is_a_page(gateway: RunningGateway, unknown_id: str) -> None:
    answer = web.get(f"{gateway.url}/onboarding/{unknown_id}")
    assert answer.status_code == 404
    assert "This address is not valid" in answer.text


def test_ben_cannot_end_adas_check_without_her_page(
    gateway: RunningGateway, company: Company, hosted: HostedPage, controls: Controls
) -> None:
    bens = company.create()
    answer = web.post(
        f"{hosted.address}/end",
        json={"outcome": "passes"},
        headers={"X-Onboarding-Token": bens["onboardingToken"]},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [("/end", {}), ("/end", {"outcome": "wins"}), ("/document", {"docType": "Napkin"})],
)
def test_nonsense_from_the_page_is_400(hosted: HostedPage, path: str, body: dict[str, str]) -> None:
    assert hosted.post(path, body).status_code == 400


def test_only_pictures_of_a_bearable_size_are_taken(hosted: HostedPage, controls: Controls) -> None:
    assert hosted.upload(b"hello", "text/plain").status_code == 400
    assert hosted.upload(b"").status_code == 400
    assert hosted.upload(b"x" * (13 * 1024 * 1024)).status_code == 413
    assert controls.get("/processes")["processes"][0]["uploads"] == 0


def test_who_leaves_is_noted_and_nothing_else_changes(
    hosted: HostedPage, controls: Controls, company: Company
) -> None:
    hosted.post("/begin")
    token = hosted.token.encode()
    assert web.post(f"{hosted.address}/left", content=token).status_code == 204
    seen = controls.get("/processes")["processes"][0]
    assert (seen["state"], bool(seen["left_at"])) == ("IN_PROGRESS", True)
    assert seen["history"][-1]["by"] == "user left"
    data = company.data(seen["id"])
    assert (data.status_code, data.json()["verificationResult"]) == (200, None)
    controls.switch(unstarted_status=401)
    assert company.data(seen["id"]).status_code == 401
    assert company.accept(seen["id"]).status_code == 409
    assert controls.get("/deliveries") == {"deliveries": []}
    assert hosted.post("/begin").status_code == 204
    assert hosted.end("passes").status_code == 200


def test_only_the_page_itself_says_that_it_is_left(hosted: HostedPage, controls: Controls) -> None:
    assert web.post(f"{hosted.address}/left", content=b"nonsense").status_code == 401
    assert controls.get("/processes")["processes"][0]["left_at"] is None


def test_leaving_a_finished_check_changes_nothing(hosted: HostedPage, controls: Controls) -> None:
    hosted.post("/begin")
    hosted.end("passes")
    assert web.post(f"{hosted.address}/left", content=hosted.token.encode()).status_code == 204
    assert controls.get("/processes")["processes"][0]["left_at"] is None


def test_the_last_error_has_two_spellings(hosted: HostedPage, controls: Controls) -> None:
    hosted.post("/begin")
    assert hosted.end("TimeoutError").json() == {"error": "TimeoutError"}
    controls.switch(timeout_word="Timeout")
    assert hosted.end("TimeoutError").json() == {"error": "Timeout"}
