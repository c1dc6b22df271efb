"""The frame in a host page: bearer only, no cookie, fragments of the same templates."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.conftest import LOCAL, MakeApp, signed_in
from tests.unit.web.fakes import ADAS, BENS, SHOP, steps_of
from webapp.domain.errors import GatewayUnavailable
from webapp.web.limits import FAILURES_PER_MINUTE

BEARER_ROUTES = [
    ("GET", "/onboardings"),
    ("POST", "/onboardings"),
    ("GET", f"/onboardings/{ADAS}"),
    ("GET", f"/onboardings/{ADAS}/status"),
    ("GET", f"/onboardings/{ADAS}/stream"),
    ("POST", "/links"),
    ("POST", "/end"),
]
COOKIE_ROUTES = [
    ("GET", f"/onboardings/{ADAS}"),
    ("GET", f"/onboardings/{ADAS}/status"),
    ("GET", f"/onboardings/{ADAS}/stream"),
    ("POST", "/onboardings"),
    ("POST", "/links"),
]


class Frame:
    """A frame of the shop, with a bearer of its own."""

    def __init__(self, app: Flask, token: str = "adas-token") -> None:
        self._client = app.test_client(use_cookies=False)
        answer = self._client.post("/embed/shop/session", data={"token": token})
        assert answer.status_code == 200
        self.bearer: str = answer.json["bearer"]

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.bearer}", **options.pop("headers", {})}
        return self._client.open(f"/embed/shop{path}", method=method, headers=headers, **options)


@pytest.fixture
def frame(app: Flask) -> Frame:
    return Frame(app)


def policy_of(answer: TestResponse) -> dict[str, str]:
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return dict(each.split(" ", 1) for each in directives)


def test_session_answers_bearer_its_life_and_account(anonymous: FlaskClient, app: Flask) -> None:
    answer = anonymous.post("/embed/shop/session", data={"token": "adas-token", "flow": "default"})
    assert answer.json == {
        "bearer": "session-0-ada",
        "expires_in": 900,
        "account": "person-ada",
    }
    assert steps_of(app).calls == [("shop", "default")]


@pytest.mark.parametrize("data", [{}, {"token": ""}, {"token": "another"}])
def test_session_without_usable_token_is_refused(
    anonymous: FlaskClient, data: dict[str, str]
) -> None:
    answer = anonymous.post("/embed/shop/session", data=data)
    assert (answer.status_code, answer.json["code"]) == (401, "handoff_not_accepted")
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), BEARER_ROUTES)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer another", "Basic session-0-ada", "session-0-ada"],
)
def test_bearer_routes_without_bearer_are_refused(
    app: Flask, frame: Frame, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = app.test_client().open(f"/embed/shop{path}", method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), BEARER_ROUTES)
def test_bearer_routes_ignore_the_session_cookie(app: Flask, method: str, path: str) -> None:
    ada = signed_in(app, "adas-token")
    cookie_session = next(iter(steps_of(app).sessions))
    for headers in ({}, {"Authorization": f"Bearer {cookie_session}"}):
        answer = ada.open(f"/embed/shop{path}", method=method, headers=headers, base_url=LOCAL)
        assert answer.status_code == 401, headers
        assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize(("method", "path"), COOKIE_ROUTES)
def test_cookie_routes_never_take_a_bearer(
    app: Flask, frame: Frame, method: str, path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as session:  # even if it could get into the signed cookie
        session["sid"] = frame.bearer
    headers = {"Authorization": f"Bearer {frame.bearer}"}
    for sender in (client, app.test_client()):
        answer = sender.open(path, method=method, headers=headers)
        assert answer.status_code in (303, 401)
        assert answer.headers.get("Location", "/") == "/"


def test_bearer_of_another_site_is_refused(app: Flask, frame: Frame) -> None:
    steps_of(app).sites = {"shop": SHOP, "bank": SHOP.model_copy(update={"id": "bank"})}
    headers = {"Authorization": f"Bearer {frame.bearer}"}
    answer = app.test_client().get("/embed/bank/onboardings", headers=headers)
    assert answer.status_code == 401


def test_bearer_that_has_ended_is_refused(frame: Frame) -> None:
    assert frame.send("GET", "/onboardings").status_code == 200
    assert frame.send("POST", "/end").status_code == 204
    assert frame.send("GET", "/onboardings").status_code == 401


def test_bearer_refused_too_often_is_limited_and_a_good_one_passes(
    app: Flask, frame: Frame
) -> None:
    client = app.test_client()
    path = "/embed/shop/onboardings"
    answers = [client.get(path) for _ in range(FAILURES_PER_MINUTE + 1)]
    assert [each.status_code for each in answers[-2:]] == [401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert frame.send("GET", "/onboardings").status_code == 200


def test_session_refused_too_often_is_limited_and_a_good_one_passes(app: Flask) -> None:
    client = app.test_client()
    path = "/embed/shop/session"
    answers = [client.post(path, data={"token": "x"}) for _ in range(FAILURES_PER_MINUTE + 1)]
    assert [each.status_code for each in answers[-2:]] == [401, 429]
    assert client.post(path, data={"token": "adas-token"}).status_code == 200


def test_no_address_below_embed_sets_or_reads_a_cookie(app: Flask, frame: Frame) -> None:
    answers = [frame.send(method, path) for method, path in BEARER_ROUTES]
    ada = signed_in(app, "adas-token")
    answers += [
        ada.get("/embed/shop", base_url=LOCAL),
        ada.get("/embed/another", base_url=LOCAL),
        ada.get("/embed/shop/another", base_url=LOCAL),
        ada.get("/embed/shop/session", base_url=LOCAL),
        ada.post("/embed/shop/session", data={"token": "x"}, base_url=LOCAL),
    ]
    for answer in answers:
        assert "Set-Cookie" not in answer.headers, answer.request.path
        assert "Cookie" not in answer.headers.get("Vary", ""), answer.request.path


def test_page_and_fragments_are_not_stored(frame: Frame, anonymous: FlaskClient) -> None:
    answers = [frame.send("GET", "/onboardings"), anonymous.get("/embed/shop")]
    assert [each.headers["Cache-Control"] for each in answers] == ["no-store"] * 2


def test_frame_page_may_be_framed_by_exactly_the_sites_origins(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/embed/shop")
    assert policy_of(answer)["frame-ancestors"] == "https://shop.example"
    assert "X-Frame-Options" not in answer.headers


def test_frame_page_of_a_site_without_origins_cannot_be_framed(
    app: Flask, anonymous: FlaskClient
) -> None:
    steps_of(app).sites = {"shop": SHOP.model_copy(update={"origins": ()})}
    answer = anonymous.get("/embed/shop")
    assert policy_of(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_fragments_cannot_be_framed(frame: Frame) -> None:
    answer = frame.send("GET", f"/onboardings/{ADAS}")
    assert policy_of(answer)["frame-ancestors"] == "'none'"


def test_frame_page_passes_the_camera_on_to_the_hosted_page(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/embed/shop")
    permissions = answer.headers["Permissions-Policy"]
    assert 'camera=(self "https://gateway.example")' in permissions
    assert "microphone=()" in permissions
    assert policy_of(answer)["frame-src"] == (
        "'self' https://gateway.example https://hosted.example"
    )


@pytest.mark.parametrize(("flow", "allowed"), [("talk", True), ("default", False), ("", True)])
def test_frame_page_passes_the_microphone_on_where_the_flow_needs_it(
    app: Flask, anonymous: FlaskClient, flow: str, allowed: bool
) -> None:
    default = SHOP.flows["default"]
    flows = {"default": default, "talk": default.model_copy(update={"microphone": True})}
    steps_of(app).sites = {"shop": SHOP.model_copy(update={"flows": flows})}
    permissions = anonymous.get(f"/embed/shop?flow={flow}").headers["Permissions-Policy"]
    assert ("microphone=()" not in permissions) is allowed


def test_frame_page_gives_the_settings_to_its_script(anonymous: FlaskClient) -> None:
    page = anonymous.get("/embed/shop?flow=default&locale=es&display=modal").text
    main = re.search('<main id="embed"[^>]*>', page)[0]
    for setting in ('site="shop"', 'display="modal"', 'flow="default"', 'locale="es"'):
        assert f"data-{setting}" in main
    assert """data-origins='["https://shop.example"]'""" in main
    assert '<html lang="es">' in page


def test_frame_page_with_unknown_display_is_inline(anonymous: FlaskClient) -> None:
    page = anonymous.get("/embed/shop?display=<script>").text
    assert 'data-display="inline"' in page
    assert "<script>" not in page


@pytest.mark.parametrize("locale", ["日本", "es\nx", "es, en", "e" * 36])
def test_frame_page_ignores_a_locale_that_no_header_can_carry(
    anonymous: FlaskClient, locale: str
) -> None:
    page = anonymous.get("/embed/shop", query_string={"locale": locale})
    assert page.status_code == 200
    assert 'data-locale=""' in page.text


def test_frame_page_of_an_unknown_site_is_not_found(anonymous: FlaskClient) -> None:
    assert anonymous.get("/embed/another").status_code == 404


def test_fragment_has_no_layout_no_form_token_and_addresses_of_the_frame(frame: Frame) -> None:
    text = frame.send("GET", "/onboardings").text
    assert text.lstrip().startswith('<div id="fragment"')
    assert "csrf_token" not in text
    assert "<html" not in text
    actions = re.findall('action="([^"]+)"', text)
    assert set(actions) == {
        "/embed/shop/onboardings",
        "/embed/shop/links",
        "/embed/shop/end",
    }
    links = re.findall('href="(/[^"]*)"', text)
    assert all(each.startswith(("/embed/shop/", "/static/")) for each in links)


def test_fragment_below_a_path_prefix_keeps_it(make_app: MakeApp) -> None:
    frame = Frame(make_app("https://shop.example/verify"))
    text = frame.send("GET", "/onboardings").text
    assert 'action="/verify/embed/shop/onboardings"' in text


def test_fragment_names_the_onboarding_and_its_signed_result(frame: Frame) -> None:
    head = frame.send("GET", f"/onboardings/{ADAS}").text.partition(">")[0]
    for name, value in {
        "onboarding": ADAS,
        "status": "started",
        "next": "continue",
        "final": "false",
        "result": "signed.started.result",
    }.items():
        assert f'data-{name}="{value}"' in head


def test_start_redirects_to_the_fragment(app: Flask, frame: Frame) -> None:
    answer = frame.send("POST", "/onboardings", data={"consent": "2026-01"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/embed/shop/onboardings/{ADAS}"
    subject, fields = steps_of(app).calls[-1]
    assert (subject, fields["consent"]) == ("ada", "2026-01")


def test_link_is_shown_as_a_fragment(frame: Frame) -> None:
    text = frame.send("POST", "/links").text
    assert 'value="http://localhost:8000/l/a-new-code"' in text
    assert f'data-page-url="/embed/shop/onboardings/{ADAS}"' in text


def test_onboarding_of_another_user_is_not_found(frame: Frame) -> None:
    for path in (f"/onboardings/{BENS}", f"/onboardings/{BENS}/status", "/onboardings/none"):
        assert frame.send("GET", path).status_code == 404


def test_error_is_a_fragment_with_a_form_to_send_again(app: Flask, frame: Frame) -> None:
    steps_of(app).error = GatewayUnavailable()
    answer = frame.send("POST", "/onboardings", headers={"Origin": LOCAL})
    assert answer.status_code == 503
    assert answer.text.lstrip().startswith('<div id="fragment"')
    assert 'action="/embed/shop/onboardings"' in answer.text


def test_fragment_is_in_the_language_that_the_host_page_names(frame: Frame) -> None:
    answer = frame.send("GET", "/onboardings", headers={"Embed-Locale": "es-MX"})
    assert 'lang="es"' in answer.text
    assert "Verifica tu identidad" in answer.text


def test_redirect_fragment_leads_to_no_other_origin_by_itself(app: Flask, frame: Frame) -> None:
    steps_of(app).kind = "redirect"
    text = frame.send("GET", f"/onboardings/{ADAS}").text
    assert "refresh" not in text
    assert "https://gateway.example" not in text
    assert "data-full-screen" in text
