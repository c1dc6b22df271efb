"""What the example shop believes: signed messages, signed results, and which of them it shows."""

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from standardwebhooks.webhooks import Webhook

from mobbscan_sandbox.shop.app import ShopOptions, create_shop
from mobbscan_sandbox.shop.handoff import IdentityServer
from mobbscan_sandbox.shop.identity_api import IdentityApi
from mobbscan_sandbox.shop.messages import MessageVerifier
from mobbscan_sandbox.shop.results import Results
from mobbscan_sandbox.shop.signed_results import FETCH_SECONDS, ResultVerifier
from mobbscan_sandbox.shop.texts import TEXTS
from mobbscan_sandbox.shop.verification import IdentityConnection

SECRET = "whsec_" + base64.b64encode(b"the secret that both sides know.").decode()
TEXT = TEXTS["en"]


@dataclass
class FakeServer:
    """Publishes the keys of `signing`, newest first."""

    url: str = ""
    signing: list[ECKey] = field(default_factory=lambda: [ECKey.generate_key("P-256")])
    requests: int = 0
    now: float = 0.0

    def result(self, key=None, **changes):
        key = key or self.signing[0]
        now = int(time.time())
        claims = {"iss": self.url, "aud": "shop", "sub": "ada", "onboarding": "one"}
        claims |= {"status": "verified", "iat": now, "exp": now + 300, "jti": "1", **changes}
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, given, key)


@pytest.fixture
def server():
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            fake.requests += 1
            keys = [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in fake.signing]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": keys}).encode())

        def log_message(self, *_):
            """Quiet."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{httpd.server_port}"
    threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
    yield fake
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def shop(server, tmp_path):
    """Return a client of the shop in which Ada is logged in."""
    identity = IdentityConnection(
        IdentityServer(server.url, "shop", "x" * 32),
        IdentityApi(server.url, "key"),
        MessageVerifier(SECRET),
        ResultVerifier(server.url, "shop", clock=lambda: server.now),
        Results(tmp_path / "results.sqlite3"),
    )
    client = create_shop(ShopOptions("http://localhost", identity, "secret")).test_client()
    client.post("/login", data={"customer": "ada"})
    return client


def send(shop, status, sequence, *, onboarding="one", customer="ada", secret=SECRET, **headers):
    """Post a message as the server does; return the status of the answer."""
    data = {"id": onboarding, "subject": customer, "status": status, "sequence": sequence}
    message = {
        "type": f"onboarding.{status}",
        "timestamp": "2026-11-30T12:00:00.000Z",
        "data": {**data, "reasons": [{"code": "face_mismatch", "retry_allowed": True}]},
    }
    body, now = json.dumps(message), datetime.now(UTC)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    answer = shop.post("/hooks/identity", data=body, headers={**signed, **headers})
    return answer.status_code


def come_back(shop, token):
    return shop.get("/account", query_string={"mobbscan_result": token}, follow_redirects=True)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("started", "unfinished_title"),
        ("in_review", "waiting_title"),
        ("verified", "verified_title"),
        ("rejected", "rejected_title"),
        ("expired", "unverified_title"),
        ("a_word_of_later", "unverified_title"),
    ],
)
def test_account_shows_the_status_of_the_message(shop, status, title):
    assert send(shop, status, 1) == 204
    page = shop.get("/account").text
    assert TEXT[title] in page
    assert f"<code>{status}</code>" in page
    assert TEXT["learnt_by_message"] in page
    assert "face_mismatch" in page


def test_account_keeps_the_message_with_the_highest_sequence(shop):
    assert send(shop, "verified", 3) == 204
    assert send(shop, "submitted", 2) == 204
    assert send(shop, "rejected", 3) == 204
    assert TEXT["verified_title"] in shop.get("/account").text


def test_account_shows_no_message_about_another_customer(shop):
    send(shop, "verified", 1, customer="ben")
    assert TEXT["unverified_title"] in shop.get("/account").text


def test_account_of_a_verified_customer_stays_verified_with_a_newer_onboarding(shop):
    send(shop, "verified", 3)
    send(shop, "created", 1, onboarding="two")
    assert TEXT["verified_title"] in shop.get("/account").text


@pytest.mark.parametrize("signature", ["garbage", "v1,abc", "v1,", " ", "v2,AAAA"])
def test_message_with_a_malformed_signature_is_400(shop, signature):
    assert send(shop, "verified", 1, **{"webhook-signature": signature}) == 400
    assert TEXT["unverified_title"] in shop.get("/account").text


def test_message_with_another_secret_is_400(shop):
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert send(shop, "verified", 1, secret=other) == 400


def test_message_of_another_type_is_acknowledged(shop):
    body, now = json.dumps({"type": "ping", "data": {}}), datetime.now(UTC)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    assert shop.post("/hooks/identity", data=body, headers=signed).status_code == 204


def test_signed_result_is_shown_and_leaves_the_address(shop, server):
    answer = shop.get("/account", query_string={"mobbscan_result": server.result()})
    assert (answer.status_code, answer.location) == (303, "/account")
    page = shop.get("/account").text
    assert TEXT["verified_title"] in page
    assert TEXT["learnt_by_return"] in page


def test_final_message_replaces_the_signed_result(shop, server):
    come_back(shop, server.result(status="submitted"))
    send(shop, "started", 2)
    assert TEXT["waiting_title"] in shop.get("/account").text
    send(shop, "rejected", 4)
    page = shop.get("/account").text
    assert TEXT["rejected_title"] in page
    assert TEXT["learnt_by_message"] in page


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://another.example"},
        {"aud": "another-site"},
        {"aud": None},
        {"sub": "ben"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"state": "of another browser"},
    ],
    ids=str,
)
def test_signed_result_for_another_purpose_is_not_believed(shop, server, changes):
    assert TEXT["unverified_title"] in come_back(shop, server.result(**changes)).text


def test_signed_result_of_another_key_is_not_believed(shop, server):
    other = ECKey.generate_key("P-256")
    assert TEXT["unverified_title"] in come_back(shop, server.result(other)).text


@pytest.mark.parametrize("token", ["", "garbage", "x.y.z", "a.b", "ä"])
def test_malformed_result_is_not_believed(shop, token):
    assert TEXT["unverified_title"] in come_back(shop, token).text


def test_signed_result_of_a_new_key_is_believed_after_a_rotation(shop, server):
    come_back(shop, server.result(status="submitted"))
    come_back(shop, server.result(status="submitted"))
    assert server.requests == 1
    server.signing.insert(0, ECKey.generate_key("P-256"))
    server.now += FETCH_SECONDS
    assert TEXT["verified_title"] in come_back(shop, server.result()).text
    assert server.requests == 2


def test_signed_results_of_unknown_keys_do_not_fetch_the_keys_each_time(shop, server):
    """Anyone can make them up, and would have the shop call the server as often."""
    for _ in range(5):
        forged = server.result(ECKey.generate_key("P-256"))
        assert TEXT["unverified_title"] in come_back(shop, forged).text
    assert server.requests == 1
