"""The example shop: its login, its pages, and the hand-off tokens that it signs."""

import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from mobbscan_sandbox.demo.child_processes import ChildProcess
from mobbscan_sandbox.shop.texts import TEXTS
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
from tests.unit.mobbscan_sandbox.programs import running_program


@dataclass
class Shop:
    url: str
    server_url: str
    key: str
    child: ChildProcess

    def log_in(self, customer):
        session = HttpSession(self.url)
        login = session.get("/login")
        return session, session.submit(login, login.form("/login"), customer=customer)

    def claims(self, token):
        return jwt.decode(token, OctKey.import_key(self.key), algorithms=["HS256"]).claims

    def hand_off(self, customer):
        """Return the redirect address and the claims of a customer's hand-off token."""
        session, account = self.log_in(customer)
        with session:
            form = account.form("/account/verify-by-handoff")
            answer = session.submit(account, form, follow=False)
        assert answer.status == 303
        token = parse_qs(urlsplit(answer.location).query)["token"][0]
        return answer.location, self.claims(token)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with running_program("shop", tmp_path_factory.mktemp("shop")) as (addresses, instance, child):
        key = instance.secret("handoff_key")
        yield Shop(addresses.shop_url, addresses.server_url, key, child)


def test_account_before_a_check_shows_no_result(shop):
    session, account = shop.log_in("ada")
    with session:
        assert account.url == f"{shop.url}/account"
    assert account.heading == "Hello, Ada"
    assert TEXTS["en"]["unverified_title"] in account.text
    assert account.form("/account/verify")


def test_account_says_that_the_server_cannot_be_reached(shop):
    session, account = shop.log_in("ada")
    with session:
        page = session.submit(account, account.form("/account/verify"))
    assert page.status == 502
    assert TEXTS["en"]["server_failed"] in page.text
    assert page.form("/account/verify")


def test_account_after_a_logout_redirects_to_the_login(shop):
    session, account = shop.log_in("ben")
    with session:
        session.submit(account, account.form("/logout"))
        assert session.get("/account").path == "/login"
        assert session.post("/account/verify", sent_from=shop.url).path == "/login"


def test_login_of_an_unknown_customer_is_400(shop):
    with HttpSession(shop.url) as session:
        assert session.post("/login", {"customer": "eve"}).status == 400


def test_pages_have_the_language_of_the_browser(shop):
    with HttpSession(shop.url, languages="es-ES,es;q=0.9") as session:
        home = session.get("/")
    assert '<html lang="es">' in home.text
    assert home.heading == TEXTS["es"]["home_title"]


def test_hand_off_redirects_to_the_server_with_a_signed_token(shop):
    now = time.time()
    address, claims = shop.hand_off("ada")
    assert address.startswith(f"{shop.server_url}/handoff?token=")
    assert (claims["iss"], claims["aud"]) == ("shop", shop.server_url)
    assert (claims["sub"], claims["name"], claims["locale"]) == ("ada", "Ada Lovelace", "en")
    assert claims["return_url"] == f"{shop.url}/account"
    assert now - 2 < claims["iat"] < now + 2
    assert 0 < claims["exp"] - claims["iat"] <= 300
    _, others = shop.hand_off("ada")
    assert (claims["jti"] != others["jti"], claims["state"] != others["state"]) == (True, True)


def test_hand_off_by_form_has_the_token_in_the_body(shop):
    session, account = shop.log_in("ben")
    with session:
        page = session.submit(account, account.form("/account/verify-by-form"))
    form = page.form("/handoff")
    assert (form.action, form.method) == (f"{shop.server_url}/handoff", "post")
    claims = shop.claims(dict(form.fields)["token"])
    assert (claims["sub"], claims["locale"]) == ("ben", "es")
    assert page.headers["cache-control"] == "no-store"


def test_token_address_answers_the_customer_who_is_logged_in(shop):
    session, _ = shop.log_in("ada")
    with session:
        answer = session.post("/account/identity-token", sent_from=shop.url)
        assert answer.headers["cache-control"] == "no-store"
        assert shop.claims(json.loads(answer.text)["token"])["sub"] == "ada"
    with HttpSession(shop.url) as stranger:
        assert stranger.post("/account/identity-token", sent_from=shop.url).status == 401


def test_account_shows_the_element_in_the_chosen_display(shop):
    session, account = shop.log_in("ada")
    with session:
        assert f'<script type="module" src="{shop.server_url}/static/embed-v1.js">' in account.text
        assert 'display="inline"' in account.text
        assert 'display="modal"' in session.get("/account", params={"display": "modal"}).text
        assert 'display="inline"' in session.get("/account", params={"display": "x"}).text


def test_link_in_the_element_leads_on_without_script(shop):
    session, _ = shop.log_in("ada")
    with session:
        page = session.get("/account/verify")
        answer = session.submit(page, page.form("/account/verify-by-handoff"), follow=False)
    assert answer.location.startswith(f"{shop.server_url}/handoff?token=")


def test_content_security_policy_allows_the_element_and_forms_to_the_server(shop):
    with HttpSession(shop.url) as session:
        policy = session.get("/").headers["content-security-policy"]
    for directive in ("script-src 'self'", "frame-src", "connect-src 'self'", "form-action 'self'"):
        assert f"{directive} {shop.server_url}" in policy.split("; ")
    assert "unsafe" not in policy


def test_request_under_another_host_name_redirects_to_the_own_address(shop):
    port = urlsplit(shop.url).port
    with HttpSession(f"http://127.0.0.1:{port}") as session:
        page = session.get("/help?from=mail", follow=False)
    assert page.location == f"{shop.url}/help?from=mail"


def test_log_has_paths_and_no_tokens(shop):
    address, _ = shop.hand_off("ada")
    with HttpSession(shop.url) as session:
        session.get("/help", params={"token": "planted-token"})
    # The lines are written after the responses, and read by another thread.
    eventually(lambda: '"GET /help' in shop.child.output())
    output = shop.child.output()
    assert "/account/verify" in output
    assert "planted-token" not in output
    assert address.rpartition("=")[2] not in output
