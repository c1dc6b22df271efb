"""The websites of docs/host-guide.md, run from the page, verify a user and store the result."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from standardwebhooks.webhooks import Webhook

from tests.support.eventually import eventually
from tests.support.guide_stack import GuideStack, guide, guide_stack
from tests.support.guide_websites import LANGUAGES, Website, run_program
from tests.support.host_guide import HostGuide
from tests.support.http_session import HttpSession
from tests.support.user_journey import UserJourney

__all__ = ["guide", "guide_stack"]

USER = "user-4711"
LANGUAGE_NAMES = [
    pytest.param(name, marks=[pytest.mark.needs(language.needs)] if language.needs else [])
    for name, language in LANGUAGES.items()
]
RunningSite = tuple[str, Website]


@pytest.fixture(scope="module", params=LANGUAGE_NAMES)
def running_site(
    request: pytest.FixtureRequest,
    guide_stack: GuideStack,
    guide: HostGuide,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningSite]:
    """Return the name of the language and its website, running."""
    language = LANGUAGES[request.param]
    text = guide.program(f"website{language.suffix}")
    folder = tmp_path_factory.mktemp(request.param)
    with Website(folder, language, text, guide_stack.settings(request.param)) as website:
        yield request.param, website


@pytest.fixture
def sent(guide_stack: GuideStack, running_site: RunningSite) -> Callable[..., int]:
    """Return a function that posts a message to the website; it returns the status."""
    name, website = running_site
    secret = guide_stack.sites[name].webhook_secret

    def send(content: object, *, signed_by: str = secret, age: float = 0, **headers: str) -> int:
        body = json.dumps(content)
        at = time.time() - age
        signature = _signature(signed_by, "msg_1", at, body)
        names = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at))}
        given = {**names, "webhook-signature": signature}
        given |= {key.replace("_", "-"): value for key, value in headers.items()}
        url = f"{website.url}/hooks/identity"
        return httpx.post(url, content=body, headers=given, trust_env=False).status_code

    return send


def _signature(secret: str, id_: str, at: float, body: str) -> str:
    return Webhook(secret).sign(id_, datetime.fromtimestamp(int(at), UTC), body)


def message(onboarding: str, sequence: int, status: str) -> dict[str, object]:
    data = {"id": onboarding, "subject": USER, "status": status, "sequence": sequence}
    return {"type": f"onboarding.{status}", "timestamp": "2026-11-30T12:00:00Z", "data": data}


def forget(sent: Callable[..., int], onboarding: str) -> None:
    """Make the user of the website unverified again, for the other tests."""
    assert sent(message(onboarding, 1_000, "erased")) == 204


def is_verified(website: Website) -> bool:
    return "verified: true" in httpx.get(website.url, trust_env=False).text.lower()


def test_website_sends_a_user_and_stores_the_result_of_the_message(
    guide_stack: GuideStack, running_site: RunningSite, sent: Callable[..., int]
) -> None:
    website, stack = running_site[1], guide_stack.stack
    assert not is_verified(website)
    with HttpSession(website.url) as browser:
        account = browser.get("/")
        preview = browser.submit(account, account.form("/verify"))
        assert preview.url.startswith(f"{stack.public_url}/l/"), website.log()
        consent = browser.submit(preview, preview.form(preview.path))
        page = browser.submit(consent, consent.form("/onboardings"))
        walk = UserJourney(stack, browser, page.path.rpartition("/")[2], page)
        walk.finish("passes")
        walk.until("verified")
        assert eventually(lambda: is_verified(website)), website.log()
        back = next(link for link in walk.look().links if website.url in link.href)
        assert browser.get(back.href).text == "result: verified"
    forget(sent, walk.id)


@pytest.mark.parametrize("name", LANGUAGE_NAMES)
def test_handoff_of_the_page_signs_the_user_in(
    guide_stack: GuideStack, guide: HostGuide, name: str, tmp_path
) -> None:
    language = LANGUAGES[name]
    text = guide.program(f"handoff{language.suffix}")
    url = run_program(tmp_path, language, "handoff", text, guide_stack.settings(name))
    home = guide_stack.stack.http_session().get(url)
    assert (home.status, home.path) == (200, "/")
    assert "Ada Lovelace" in home.text
    assert home.form("/onboardings")


def test_message_with_a_lower_sequence_is_ignored_by_the_website(
    sent: Callable[..., int], running_site: RunningSite
) -> None:
    assert sent(message("a-late-one", 3, "rejected")) == 204
    assert sent(message("a-late-one", 2, "verified")) == 204
    assert not is_verified(running_site[1])
    assert sent(message("a-late-one", 4, "verified")) == 204
    assert is_verified(running_site[1])
    forget(sent, "a-late-one")


def test_message_of_another_type_is_acknowledged_by_the_website(sent: Callable[..., int]) -> None:
    ping = {"type": "ping", "timestamp": "2026-11-30T12:00:00Z", "data": {"site": "my-site"}}
    assert sent(ping) == 204
    assert sent({**ping, "type": "something.new"}) == 204


OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of thirty-two by.").decode()


@pytest.mark.parametrize(
    "forged",
    [
        {"signed_by": OTHER_SECRET},
        {"age": 400},
        {"age": -400},
        {"webhook_timestamp": "soon"},
        {"webhook_signature": "garbage"},
        {"webhook_signature": "v1,abc"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": ""},
        {"webhook_signature": "v2,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="},
        {"webhook_id": "msg_2"},
    ],
    ids=str,
)
def test_forged_message_is_refused_by_the_website(
    sent: Callable[..., int], running_site: RunningSite, forged: dict[str, str]
) -> None:
    assert sent(message("forged", 1, "verified"), **forged) == 400
    assert "forged" not in "".join(
        path.read_text(errors="replace")
        for path in running_site[1].folder.iterdir()
        if path.name != "log"
    )


def test_message_signed_by_two_secrets_is_accepted_by_the_website(
    guide_stack: GuideStack, running_site: RunningSite, sent: Callable[..., int]
) -> None:
    content, at = message("rotated", 1, "created"), time.time()
    secrets = (OTHER_SECRET, guide_stack.sites[running_site[0]].webhook_secret)
    both = " ".join(_signature(each, "msg_1", at, json.dumps(content)) for each in secrets)
    assert sent(content, webhook_signature=both, webhook_timestamp=str(int(at))) == 204


@dataclass(frozen=True)
class ResultClaims:
    """Signs results for the website as the server does, with changed claims or by another key."""

    guide_stack: GuideStack
    site: str

    def claims(self, **changes: object) -> dict[str, object]:
        now = int(time.time())
        claims = {
            "iss": self.guide_stack.stack.public_url,
            "aud": self.site,
            "sub": USER,
            "onboarding": "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
            "status": "verified",
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def signed(self, key: ECKey | None = None, **changes: object) -> str:
        header = {"alg": "ES256", "kid": self.guide_stack.result_key.kid}
        return jwt.encode(header, self.claims(**changes), key or self.guide_stack.result_key)

    def with_short_number(self) -> str:
        """Signed so that DER leaves out the first byte, a zero, of a number of the signature."""
        while True:
            token = self.signed()
            signature = base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")
            if any(signature[at] == 0 and signature[at + 1] < 128 for at in (0, 32)):
                return token

    def symmetric(self) -> str:
        """Signed with HS256 and the public key as its secret."""
        public = json.dumps(self.guide_stack.result_key.as_dict(private=False))
        header = {"alg": "HS256", "kid": self.guide_stack.result_key.kid}
        return jwt.encode(header, self.claims(), OctKey.import_key(public))

    def unsigned(self) -> str:
        header = {"alg": "none", "kid": self.guide_stack.result_key.kid}
        parts = (json.dumps(each).encode() for each in (header, self.claims()))
        encoded = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        return f"{'.'.join(encoded)}."


def forged_results(results: ResultClaims) -> dict[str, str]:
    """Results that the website must refuse, by what is wrong with them."""
    signed = results.signed()
    body = signed.rpartition(".")[0]
    return {
        "another key": results.signed(ECKey.generate_key("P-256")),
        "another site": results.signed(aud="another-site"),
        "another server": results.signed(iss="https://another.example"),
        "another user": results.signed(sub="user-1"),
        "expired": results.signed(exp=int(time.time()) - 60),
        "no expiry": results.signed(exp=None),
        "symmetric": results.symmetric(),
        "unsigned": results.unsigned(),
        "zeros": f"{body}.{'A' * 86}",
        "short signature": f"{body}.AAAA",
        "two parts": body,
        "empty": "",
        "garbage": "x.y.z",
    }


def test_result_of_the_server_is_believed_and_a_forged_one_is_refused(
    guide_stack: GuideStack, running_site: RunningSite
) -> None:
    name, website = running_site
    results = ResultClaims(guide_stack, guide_stack.sites[name].site)
    address = f"{website.url}/verified"

    def come_back(token: str) -> httpx.Response:
        return httpx.get(address, params={"mobbscan_result": token}, trust_env=False)

    for token in (results.signed(), results.with_short_number()):
        assert come_back(token).text == "result: verified"
    for wrong, token in forged_results(results).items():
        answer = come_back(token)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/"), wrong
    assert httpx.get(f"{address}?mobbscan_result[]=x", trust_env=False).status_code == 303
