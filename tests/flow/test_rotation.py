"""Each key is changed as docs/operations.md says, and nobody notices until the old one is gone."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.unit.cli.installation import SITES, Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.web.conftest import form_token
from tests.unit.web.pretend_provider import PretendProvider, log_in, login_at
from webapp.app import create_app
from webapp.cli.main import main
from webapp.config.settings import Settings
from webapp.return_references import SignedReferences

OLD, NEW = "the old secret key, thirty-two characters", "the new secret key, thirty-two characters"
OLD_DATA, NEW_DATA = ("b2xk" * 10 + "b2w=", "bmV3" * 10 + "bmU=")
HANDOFF = "a secret of at least 32 bytes, only for tests"
NEW_HANDOFF = "a newer secret of 32 bytes or more, for tests"
URL = "http://localhost:8000"
Start = Callable[..., Flask]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: FakeGateway) -> Installation:
    installation = Installation(tmp_path, gateway.url)
    del installation.environ["DATA_KEYS"]
    return installation


@pytest.fixture
def start(installed: Installation) -> Iterator[Start]:
    """Start the server anew with changed settings; what has been changed before stays."""
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


def token(key: str = HANDOFF) -> str:
    now = int(time.time())
    claims = {"iss": "shop", "aud": URL, "sub": "ada", "name": "Ada Lovelace"}
    claims |= {"iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key))


def ada(app: Flask, key: str = HANDOFF) -> FlaskClient:
    browser = app.test_client()
    assert browser.get("/handoff", query_string={"token": token(key)}).status_code == 303
    return browser


def again(browser: FlaskClient, app: Flask) -> FlaskClient:
    """The same browser, at the server that has been started anew."""
    client = app.test_client()
    cookies = browser._cookies
    client._cookies = cookies
    return client


def knows(browser: FlaskClient) -> bool:
    answer = browser.get("/")
    assert answer.status_code == 200
    return "Ada Lovelace" in answer.text


def command(installed: Installation, *arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, env=installed.environ)
    assert result.exit_code == 0, result.output
    return result.output


class Fleet:
    """Two servers over one database: a change comes to one after the other, and both serve."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self.servers: dict[str, Flask] = {}
        self.browsers: list[FlaskClient] = []
        self.references: list[str] = []

    def change(self, **settings: str) -> None:
        for name in ("one", "other"):
            self.servers[name] = self._start(**settings)
            if len(self.servers) == 2:
                self.serve()

    def serve(self) -> None:
        """What one has signed or sealed, now or in an earlier step, is good at the other."""
        for one, other in permutations(self.servers.values()):
            self.browsers.append(ada(one))
            self.references.append(signed_by(one))
            assert all(knows(again(browser, other)) for browser in self.browsers)
            assert {returned(other, each) for each in self.references} == {200}
            assert submits_a_form(ada(one), other)

    def outlive(self) -> None:
        """Sessions and onboardings of before have come to their end."""
        self.browsers.clear()
        self.references.clear()
        self.serve()


@pytest.fixture
def fleet(start: Start, installed: Installation, address: str) -> Fleet:
    installed.environ["DATABASE_URL"] = address
    return Fleet(start)


def signed_by(server: Flask) -> str:
    settings = server.extensions["wired"].settings
    onboarding = Installation.add_to(server.extensions["wired"], f"ben-{uuid.uuid4()}")
    return SignedReferences(URL, [settings.secret_key]).sign(onboarding.id)


def returned(server: Flask, reference: str) -> int:
    return server.test_client().get(f"/return/{reference}").status_code


def submits_a_form(browser: FlaskClient, server: Flask) -> bool:
    """The page of one server, sent to another."""
    proof = form_token(browser.get("/").text)
    return again(browser, server).post("/logout", data={"csrf_token": proof}).status_code == 200


def test_the_secret_key(fleet: Fleet) -> None:
    fleet.change(SECRET_KEY=OLD, DATA_KEYS=f'["{OLD_DATA}"]')
    fleet.change(SECRET_KEY_FALLBACKS=f'["{NEW}"]')
    fleet.change(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=f'["{OLD}"]')
    before, reference = fleet.browsers[0], fleet.references[0]
    fleet.outlive()
    fleet.change(SECRET_KEY_FALLBACKS="")
    for server in fleet.servers.values():
        assert not knows(again(before, server)), "what the old one signed is good no more"
        assert returned(server, reference) == 404


def test_the_secret_key_from_which_the_datas_key_is_derived(
    fleet: Fleet, installed: Installation
) -> None:
    fleet.change(SECRET_KEY=OLD)
    fleet.change(SECRET_KEY_FALLBACKS=f'["{NEW}"]')
    fleet.change(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=f'["{OLD}"]')
    assert "may be dropped" in command(installed, "database", "rekey")
    fleet.outlive()
    fleet.change(SECRET_KEY_FALLBACKS="")
    for server in fleet.servers.values():
        assert server.test_client().get("/readyz").status_code == 200


def test_the_data_keys(fleet: Fleet, start: Start, installed: Installation) -> None:
    fleet.change(DATA_KEYS=f'["{OLD_DATA}"]')
    fleet.change(DATA_KEYS=f'["{OLD_DATA}", "{NEW_DATA}"]')
    fleet.change(DATA_KEYS=f'["{NEW_DATA}", "{OLD_DATA}"]')
    assert "may be dropped" in command(installed, "database", "rekey")
    fleet.change(DATA_KEYS=f'["{NEW_DATA}"]')
    lost = start(DATA_KEYS=f'["{OLD_DATA}"]')
    assert lost.test_client().get("/readyz").status_code == 503, "the old one opens nothing more"


def test_the_first_data_keys_of_all(fleet: Fleet, installed: Installation) -> None:
    fleet.change(DATA_KEYS="")
    fleet.change(DATA_KEYS=f'["derived", "{NEW_DATA}"]')
    fleet.change(DATA_KEYS=f'["{NEW_DATA}"]')
    assert "may be dropped" in command(installed, "database", "rekey")
    fleet.serve()


def test_the_headers_of_notices(start: Start) -> None:
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


def test_the_hand_off_keys_of_a_site(start: Start, installed: Installation) -> None:
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


def test_the_gateways_credentials(start: Start, gateway: FakeGateway) -> None:
    def read(app: Flask) -> int:
        onboarding = str(uuid.uuid4())
        gateway.words[onboarding] = "VERIFIED"
        app.extensions["wired"].gateway.read(onboarding)
        return gateway.asked["/auth/token"]

    assert read(start(MOBBSCAN_API_KEY="old", MOBBSCAN_API_SECRET="old-secret")) == 1
    assert read(start()) == 1, "the stored token is good for all"
    assert read(start(MOBBSCAN_API_KEY="new", MOBBSCAN_API_SECRET="new-secret")) == 2


def test_the_secret_at_the_identity_provider(start: Start, installed: Installation) -> None:
    provider = PretendProvider()
    sites = Path(installed.environ["SITES_FILE"])
    sites.write_text(SITES.rstrip() + "\noidc = true\n")
    try:
        before = start(**login_at(provider))
        browser = before.test_client()
        assert log_in(browser, provider).status_code == 303
        waiting = before.test_client()
        asked = provider.ask(waiting.get("/login").location)
        after = start(OIDC_CLIENT_SECRET="another-secret")
        assert again(browser, after).get("/").status_code == 200
        fields = {"code": "one", "state": asked["state"]}
        back = again(waiting, after).get("/login/callback", query_string=fields)
        assert back.status_code == 303, "a login under way comes to its end"
    finally:
        provider.close()


def test_the_token_of_operations(start: Start) -> None:
    def answers(app: Flask) -> list[int]:
        return [
            app.test_client()
            .get("/metrics", headers={"Authorization": f"Bearer {key}"})
            .status_code
            for key in ("the-old-token-of-operations", "the-new-token-of-operations")
        ]

    assert answers(start(OPERATIONS_TOKEN="the-old-token-of-operations")) == [200, 401]
    assert answers(start(OPERATIONS_TOKEN="the-new-token-of-operations")) == [401, 200]
