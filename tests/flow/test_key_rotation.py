"""Key rotation as docs/operations.md describes it affects no user before the old key is gone."""

import json
import logging
import time
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet, OctKey

from tests.unit.cli.installation import SITES, Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.web.conftest import form_token
from tests.unit.web.fake_provider import FakeProvider, log_in, login_at
from webapp.app import create_app
from webapp.cli.main import main
from webapp.config.settings import Settings
from webapp.domain.onboarding import Status
from webapp.hostsite.signed_results import generate_result_key
from webapp.return_references import SignedReferences

OLD, NEW = "the old secret key, thirty-two characters", "the new secret key, thirty-two characters"
OLD_DATA, NEW_DATA = ("b2xk" * 10 + "b2w=", "bmV3" * 10 + "bmU=")
HANDOFF = "a secret of at least 32 bytes, only for tests"
NEW_HANDOFF = "a newer secret of 32 bytes or more, for tests"
URL = "http://localhost:8000"
RETURN_URL = "https://shop.example/account"
Start = Callable[..., Flask]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: FakeGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    del installation.environ["DATA_KEYS"]
    sites = Path(installation.environ["SITES_FILE"])
    sites.write_text(f'{SITES.rstrip()}\nreturn_urls = ["{RETURN_URL}"]\n')
    return installation


@pytest.fixture
def start(installed: Installation) -> Iterator[Start]:
    """Return a function that starts a server with changed settings; earlier changes stay."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    apps = []

    def started(**changes: str) -> Flask:
        installed.environ |= changes
        if not apps:
            installed.upgrade()
        app = create_app(Settings.from_environment(installed.environ))
        apps.append(app)
        return app

    yield started
    for app in apps:
        app.extensions["wired"].gateway.close()
        app.extensions["wired"].engine.dispose()
    root.handlers[:], root.level = handlers, level


def token(key: str = HANDOFF, **more: str) -> str:
    now = int(time.time())
    # Another Ada each time: a user has a limited number of sessions.
    claims = {"iss": "shop", "aud": URL, "sub": f"ada-{uuid.uuid4()}", "name": "Ada Lovelace"}
    claims |= {"iat": now, "exp": now + 60, "jti": uuid.uuid4().hex, **more}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key))


def ada(app: Flask, key: str = HANDOFF) -> FlaskClient:
    browser = app.test_client()
    assert browser.get("/handoff", query_string={"token": token(key)}).status_code == 303
    return browser


def moved_to(browser: FlaskClient, app: Flask) -> FlaskClient:
    """Return a client of another server with the cookies of this browser."""
    client = app.test_client()
    cookies = browser._cookies
    client._cookies = cookies
    return client


def is_logged_in(browser: FlaskClient) -> bool:
    answer = browser.get("/")
    assert answer.status_code == 200
    return "Ada Lovelace" in answer.text


def command(installed: Installation, *arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, env=installed.environ)
    assert result.exit_code == 0, result.output
    return result.output


class RotatingNodes:
    """Two servers with one database. Settings change on one after the other."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self.servers: dict[str, Flask] = {}
        self.browsers: list[FlaskClient] = []
        self.references: list[str] = []
        self.results: list[str] = []

    def change(self, **settings: str) -> None:
        for name in ("one", "other"):
            self.servers[name] = self._start(**settings)
            if len(self.servers) == 2:
                self.check()

    def check(self) -> None:
        """Assert that each server accepts what the other signed or sealed, now or earlier."""
        for one, other in permutations(self.servers.values()):
            self.browsers.append(ada(one))
            self.references.append(return_reference_of(one))
            self.results.append(sign_result(one))
            assert all(verifies(each, other) for each in self.results)
            assert all(is_logged_in(moved_to(browser, other)) for browser in self.browsers)
            assert {return_status(other, each) for each in self.references} == {200}
            assert submits_a_form(ada(one), other)

    def expire(self) -> None:
        """Forget earlier sessions, return references and results, as if they had expired."""
        self.browsers.clear()
        self.results.clear()
        self.references.clear()
        self.check()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nodes(start: Start, installed: Installation, address: str) -> RotatingNodes:
    installed.environ["DATABASE_URL"] = address
    return RotatingNodes(start)


def return_reference_of(server: Flask) -> str:
    settings = server.extensions["wired"].settings
    onboarding = Installation.add_to(server.extensions["wired"], f"ben-{uuid.uuid4()}")
    return SignedReferences(URL, [settings.secret_key]).sign(onboarding.id)


def sign_result(server: Flask) -> str:
    """Return the signed result with which a verified user returns to the host site."""
    parts = server.extensions["wired"]
    visitor = parts.steps.admit.by_handoff(token(return_url=RETURN_URL), None)
    row = Installation.add_to(parts, person_id=visitor.person.id, status=Status.VERIFIED)
    url = parts.steps.present.show(visitor, row.id).return_url
    return str(url).partition("mobbscan_result=")[2]


def verifies(result: str, server: Flask) -> bool:
    """Verify a result as a host site does that has just fetched the published keys."""
    published = server.test_client().get("/.well-known/jwks.json").json
    try:
        jwt.decode(result, KeySet.import_key_set(published), algorithms=["ES256"])
    except (InvalidKeyIdError, BadSignatureError):
        return False
    return True


def return_status(server: Flask, reference: str) -> int:
    return server.test_client().get(f"/return/{reference}").status_code


def submits_a_form(browser: FlaskClient, server: Flask) -> bool:
    """Submit a form of one server to another one."""
    proof = form_token(browser.get("/").text)
    return moved_to(browser, server).post("/logout", data={"csrf_token": proof}).status_code == 200


def test_rotate_secret_key_keeps_sessions_valid(nodes: RotatingNodes) -> None:
    nodes.change(SECRET_KEY=OLD, DATA_KEYS=f'["{OLD_DATA}"]')
    nodes.change(SECRET_KEY_FALLBACKS=f'["{NEW}"]')
    nodes.change(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=f'["{OLD}"]')
    before, reference = nodes.browsers[0], nodes.references[0]
    nodes.expire()
    nodes.change(SECRET_KEY_FALLBACKS="")
    for server in nodes.servers.values():
        assert not is_logged_in(moved_to(before, server)), "signatures of the old key are refused"
        assert return_status(server, reference) == 404


def test_rotate_secret_key_with_derived_data_key_keeps_data_readable(
    nodes: RotatingNodes, installed: Installation
) -> None:
    nodes.change(SECRET_KEY=OLD)
    nodes.change(SECRET_KEY_FALLBACKS=f'["{NEW}"]')
    nodes.change(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=f'["{OLD}"]')
    assert "can be removed" in command(installed, "database", "rekey")
    nodes.expire()
    nodes.change(SECRET_KEY_FALLBACKS="")
    for server in nodes.servers.values():
        assert server.test_client().get("/readyz").status_code == 200


def test_rotate_data_keys_keeps_data_readable(
    nodes: RotatingNodes, start: Start, installed: Installation
) -> None:
    nodes.change(DATA_KEYS=f'["{OLD_DATA}"]')
    nodes.change(DATA_KEYS=f'["{OLD_DATA}", "{NEW_DATA}"]')
    nodes.change(DATA_KEYS=f'["{NEW_DATA}", "{OLD_DATA}"]')
    assert "can be removed" in command(installed, "database", "rekey")
    nodes.change(DATA_KEYS=f'["{NEW_DATA}"]')
    lost = start(DATA_KEYS=f'["{OLD_DATA}"]')
    assert lost.test_client().get("/readyz").status_code == 503, "the old key opens nothing"


def test_introduce_data_keys_keeps_data_readable(
    nodes: RotatingNodes, installed: Installation
) -> None:
    nodes.change(DATA_KEYS="")
    nodes.change(DATA_KEYS=f'["derived", "{NEW_DATA}"]')
    nodes.change(DATA_KEYS=f'["{NEW_DATA}"]')
    assert "can be removed" in command(installed, "database", "rekey")
    nodes.check()


def test_rotate_result_keys_keeps_results_verifiable(nodes: RotatingNodes) -> None:
    first, second = generate_result_key(), generate_result_key()
    nodes.change(RESULT_KEYS=json.dumps([first]))
    nodes.change(RESULT_KEYS=json.dumps([first, second]))
    nodes.change(RESULT_KEYS=json.dumps([second, first]))
    old = nodes.results[0]
    nodes.expire()
    nodes.change(RESULT_KEYS=json.dumps([second]))
    assert not any(verifies(old, server) for server in nodes.servers.values())


def test_introduce_result_keys_keeps_results_of_the_generated_key_verifiable(start: Start) -> None:
    generated = sign_result(start())
    server = start(RESULT_KEYS=json.dumps([generate_result_key()]))
    configured = sign_result(server)
    assert verifies(generated, server)
    assert verifies(configured, server)
    key_ids = {
        json.loads(urlsafe_b64decode(each.split(".")[0] + "=="))["kid"]
        for each in (generated, configured)
    }
    assert len(key_ids) == 2


def test_rotate_webhook_headers_accepts_both_in_between(start: Start) -> None:
    def answers(app: Flask) -> list[int]:
        notice = {"verificationId": str(uuid.uuid4()), "status": "VERIFIED"}
        return [
            app.test_client()
            .post("/webhooks/mobbscan", json=notice, headers={"X-Notice-Key": key})
            .status_code
            for key in ("old", "new")
        ]

    old, new = '{"X-Notice-Key": "old"}', '{"X-Notice-Key": "new"}'
    assert answers(start(MOBBSCAN_WEBHOOK_HEADERS=old)) == [204, 401]
    assert answers(start(MOBBSCAN_WEBHOOK_HEADERS=f"[{new}, {old}]")) == [204, 204]
    assert answers(start(MOBBSCAN_WEBHOOK_HEADERS=f"[{new}]")) == [401, 204]


def test_rotate_handoff_keys_accepts_both_in_between(start: Start, installed: Installation) -> None:
    def answers(app: Flask) -> list[int]:
        return [
            app.test_client().get("/handoff", query_string={"token": token(key)}).status_code
            for key in (HANDOFF, NEW_HANDOFF)
        ]

    def sites(*keys: str) -> None:
        text = SITES.replace(f'["{HANDOFF}"]', "[" + ", ".join(f'"{key}"' for key in keys) + "]")
        Path(installed.environ["SITES_FILE"]).write_text(text)

    assert answers(start()) == [303, 401]
    sites(NEW_HANDOFF, HANDOFF)
    assert answers(start()) == [303, 303]
    sites(NEW_HANDOFF)
    assert answers(start()) == [401, 303]


def test_rotate_gateway_credentials_logs_in_once(start: Start, gateway: FakeGateway) -> None:
    def read(app: Flask) -> int:
        onboarding = str(uuid.uuid4())
        gateway.words[onboarding] = "VERIFIED"
        app.extensions["wired"].gateway.read(onboarding)
        return gateway.asked["/auth/token"]

    assert read(start(MOBBSCAN_API_KEY="old", MOBBSCAN_API_SECRET="old-secret")) == 1
    assert read(start()) == 1, "the stored token is reused"
    assert read(start(MOBBSCAN_API_KEY="new", MOBBSCAN_API_SECRET="new-secret")) == 2


def test_rotate_oidc_secret_keeps_sessions_and_open_logins(
    start: Start, installed: Installation
) -> None:
    provider = FakeProvider()
    sites = Path(installed.environ["SITES_FILE"])
    sites.write_text(SITES.rstrip() + "\noidc = true\n")
    try:
        before = start(**login_at(provider))
        browser = before.test_client()
        assert log_in(browser, provider).status_code == 303
        waiting = before.test_client()
        asked = provider.receive(waiting.get("/login").location)
        after = start(OIDC_CLIENT_SECRET="another-secret")
        assert moved_to(browser, after).get("/").status_code == 200
        fields = {"code": "one", "state": asked["state"]}
        back = moved_to(waiting, after).get("/login/callback", query_string=fields)
        assert back.status_code == 303, "an open login completes"
    finally:
        provider.close()


def test_rotate_operations_token_replaces_the_old_one(start: Start) -> None:
    def answers(app: Flask) -> list[int]:
        return [
            app.test_client()
            .get("/metrics", headers={"Authorization": f"Bearer {key}"})
            .status_code
            for key in ("the-old-operations-token", "the-new-operations-token")
        ]

    assert answers(start(OPERATIONS_TOKEN="the-old-operations-token")) == [200, 401]
    assert answers(start(OPERATIONS_TOKEN="the-new-operations-token")) == [401, 200]
