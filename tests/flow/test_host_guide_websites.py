"""The websites of docs/host-guide.md, run from the page, verify a user and store the result."""

import base64
import json
import time
from collections.abc import Callable, Iterator
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


def is_verified(website: Website) -> bool:
    return "verified: true" in httpx.get(website.url, trust_env=False).text.lower()


def test_website_sends_a_user_and_stores_the_result_of_the_message(
    guide_stack: GuideStack, running_site: RunningSite
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
    assert sent(message("a-late-one", 3, "verified")) == 204
    assert is_verified(running_site[1])
    assert sent(message("a-late-one", 2, "submitted")) == 204
    assert is_verified(running_site[1])
    assert sent(message("a-late-one", 4, "erased")) == 204


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


def forged_results(guide_stack: GuideStack, name: str) -> dict[str, str]:
    """Results that the website must refuse, by what is wrong with them."""
    keys = httpx.get(f"{guide_stack.stack.public_url}/.well-known/jwks.json", trust_env=False)
    kid = keys.json()["keys"][0]["kid"]
    now = int(time.time())
    claims = {
        "iss": guide_stack.stack.public_url,
        "aud": guide_stack.sites[name].site,
        "sub": USER,
        "onboarding": "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
        "status": "verified",
        "iat": now,
        "exp": now + 300,
    }
    own = jwt.encode({"alg": "ES256", "kid": kid}, claims, ECKey.generate_key("P-256"))
    public = json.dumps(keys.json()["keys"][0])
    symmetric = jwt.encode({"alg": "HS256", "kid": kid}, claims, OctKey.import_key(public))
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": "none", "kid": kid}, claims)
    )
    zeros = f"{own.rpartition('.')[0]}.{'A' * 86}"
    return {
        "another key": own,
        "symmetric": symmetric,
        "unsigned": f"{unsigned}.",
        "zeros": zeros,
        "empty": "",
        "garbage": "x.y.z",
        "two parts": own.rpartition(".")[0],
    }


def test_forged_result_is_refused_by_the_website(
    guide_stack: GuideStack, running_site: RunningSite
) -> None:
    name, website = running_site
    for wrong, token in forged_results(guide_stack, name).items():
        address = f"{website.url}/verified"
        answer = httpx.get(address, params={"mobbscan_result": token}, trust_env=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/"), wrong
    several = httpx.get(f"{website.url}/verified?mobbscan_result[]=x", trust_env=False)
    assert several.status_code == 303
