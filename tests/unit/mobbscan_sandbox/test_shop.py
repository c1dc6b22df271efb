"""The example shop, over HTTP: its login, and the hand-off that it signs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from mobbscan_sandbox.demo.child_processes import ChildProcess
from tests.support.http_session import HttpSession, Page
from tests.unit.mobbscan_sandbox.programs import running


@dataclass
class Shop:
    url: str
    server_url: str
    key: str
    child: ChildProcess

    def enter(self, customer: str) -> tuple[HttpSession, Page]:
        session = HttpSession(self.url)
        login = session.get("/login")
        return session, session.submit(login, login.form("/login"), customer=customer)

    def claims(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, OctKey.import_key(self.key), algorithms=["HS256"]).claims

    def handed_over(self, customer: str) -> tuple[str, dict[str, Any]]:
        session, account = self.enter(customer)
        with session:
            away = session.submit(account, account.form("/account/verify"), follow=False)
        assert away.status == 303
        token = parse_qs(urlsplit(away.location).query)["token"][0]
        return away.location, self.claims(token)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running("shop", tmp_path_factory.mktemp("shop")) as (addresses, instance, child):
        key = instance.secret("handoff_key")
        yield Shop(addresses.shop_url, addresses.server_url, key, child)


def test_ada_logs_in_and_sees_that_she_is_not_verified(shop: Shop) -> None:
    session, account = shop.enter("ada")
    with session:
        assert account.url == f"{shop.url}/account"
        assert account.heading == "Hello, Ada"
        assert "not verified yet" in account.text


def test_after_the_check_the_shop_does_not_claim_to_know_how_it_ended(shop: Shop) -> None:
    session, account = shop.enter("ada")
    with session:
        session.submit(account, account.form("/account/verify"), follow=False)
        back = session.get("/account")
    assert "not verified" not in back.text
    assert "does not know yet" in back.text
    assert back.form("/account/verify")


def test_nobody_sees_an_account_without_logging_in(shop: Shop) -> None:
    with HttpSession(shop.url) as session:
        assert session.get("/account").path == "/login"
        assert session.post("/account/verify", sent_from=shop.url).path == "/login"


def test_unknown_customers_are_refused(shop: Shop) -> None:
    with HttpSession(shop.url) as session:
        assert session.post("/login", {"customer": "eve"}).status == 400


def test_logging_out_ends_it(shop: Shop) -> None:
    session, account = shop.enter("ben")
    with session:
        session.submit(account, account.form("/logout"))
        assert session.get("/account").path == "/login"


def test_the_button_leads_to_the_server_with_adas_hand_off(shop: Shop) -> None:
    now = time.time()
    address, claims = shop.handed_over("ada")
    assert address.startswith(f"{shop.server_url}/handoff?token=")
    assert claims["iss"] == "shop"
    assert claims["aud"] == shop.server_url
    assert (claims["sub"], claims["name"], claims["locale"]) == ("ada", "Ada Lovelace", "en")
    assert claims["return_url"] == f"{shop.url}/account"
    assert now - 2 < claims["iat"] < now + 2
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert claims["state"]


def test_no_two_hand_offs_are_the_same(shop: Shop) -> None:
    first, second = shop.handed_over("ben")[1], shop.handed_over("ben")[1]
    assert first["jti"] != second["jti"]
    assert first["state"] != second["state"]


def test_the_form_hands_over_without_a_token_in_any_address(shop: Shop) -> None:
    session, account = shop.enter("ben")
    with session:
        leaving = session.submit(account, account.form("/account/verify-by-form"))
    form = leaving.form("/handoff")
    assert (form.action, form.method) == (f"{shop.server_url}/handoff", "post")
    claims = shop.claims(dict(form.fields)["token"])
    assert (claims["sub"], claims["locale"]) == ("ben", "es")
    assert leaving.headers["cache-control"] == "no-store"


def test_the_policy_lets_forms_lead_to_the_server_and_nowhere_else(shop: Shop) -> None:
    with HttpSession(shop.url) as session:
        policy = session.get("/").headers["content-security-policy"]
    assert f"form-action 'self' {shop.server_url}" in policy.split("; ")
    assert "unsafe" not in policy


def test_under_another_name_it_sends_visitors_to_its_own_address(shop: Shop) -> None:
    port = urlsplit(shop.url).port
    with HttpSession(f"http://127.0.0.1:{port}") as session:
        page = session.get("/help?from=mail", follow=False)
    assert page.location == f"{shop.url}/help?from=mail"


def test_its_log_holds_no_token(shop: Shop) -> None:
    address, _ = shop.handed_over("ada")
    with HttpSession(shop.url) as session:
        session.get("/help", params={"token": "planted-token"})
    said = shop.child.output()
    assert "/account/verify" in said
    assert "planted-token" not in said
    assert address.rpartition("=")[2] not in said
