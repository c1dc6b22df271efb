"""A hosted page on an origin that is not configured: an alarm, and no repeats."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.eventually import eventually
from tests.support.wire_gateway import Answer, WireStack, json_answer

#: Each command takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(300)

PAGES = "https://pages.vendor.example"


@contextmanager
def hosted_at(stack: WireStack, url: str) -> Iterator[None]:
    """Answer create calls with this address; `{id}` stands for the process."""
    stack.gateway.create = lambda scan_id: stack.gateway.created_answer(
        scan_id, url.replace("{id}", scan_id)
    )
    try:
        yield
    finally:
        stack.gateway.create = None


def create_calls(stack: WireStack) -> int:
    return stack.gateway.calls.count(("POST", "/onboarding"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (f"{PAGES}/onboarding/{{id}}", PAGES),
        ("https://PAGES.vendor.example:8443/x", "https://pages.vendor.example:8443"),
        ("//pages.vendor.example/x", "http://pages.vendor.example"),
        ("http://127.0.0.1:9/onboarding/{id}", "http://127.0.0.1:9"),
    ],
)
def test_untrusted_hosted_origin_raises_alarm_and_is_not_repeated(
    wire_stack: WireStack, url: str, origin: str
) -> None:
    browser, home = wire_stack.sign_in(f"ada-{uuid.uuid4().hex}")
    before = create_calls(wire_stack)
    with hosted_at(wire_stack, url):
        refused = browser.submit(home, home.form("/onboardings"))
        assert refused.status == 502
        assert "cannot be opened" in refused.heading
        assert "Try again" not in refused.text
        home = browser.get("/")
        for _ in range(2):
            assert browser.submit(home, home.form("/onboardings")).status == 502
    assert create_calls(wire_stack) == before + 1
    said = [each for each in wire_stack.readyz()["degraded"] if f"{origin}," in each]
    assert len(said) == 1
    assert "MOBBSCAN_HOSTED_ORIGINS" in said[0]
    assert wire_stack.readyz()["ready"]
    assert url.replace("{id}", "") not in wire_stack.logs("server")

    # Another user, whose page is at a configured origin, shows that it is over.
    wire_stack.begin(f"ben-{uuid.uuid4().hex}")
    assert not [each for each in wire_stack.readyz()["degraded"] if "HOSTED_ORIGINS" in each]


@pytest.mark.parametrize("url", ["/onboarding/{id}", "onboarding/{id}", " {gw}/onboarding/{id} \n"])
def test_relative_or_padded_hosted_address_is_resolved(wire_stack: WireStack, url: str) -> None:
    gateway = wire_stack.gateway.url
    with hosted_at(wire_stack, url.replace("{gw}", gateway)):
        onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    assert onboarding.page().frames[0]["src"] == f"{gateway}/onboarding/{onboarding.id}"


def test_kept_page_is_used_once_its_origin_is_configured(new_wire_stack: WireStack) -> None:
    stack = new_wire_stack
    browser, home = stack.sign_in("ada")
    with hosted_at(stack, f"{PAGES}/onboarding/{{id}}"):
        assert browser.submit(home, home.form("/onboardings")).status == 502
    stack.set_environment(MOBBSCAN_HOSTED_ORIGINS=f'["{PAGES}"]')
    stack.restart("server")
    home = browser.get("/")
    page = browser.submit(home, home.form("/onboardings"))
    assert page.frames[0]["src"].startswith(f"{PAGES}/onboarding/")
    assert create_calls(stack) == 1
    assert not [each for each in stack.readyz()["degraded"] if "HOSTED_ORIGINS" in each]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"url": ""},
        {"url": "   "},
        {"url": None},
        {"url": 7},
        {"url": "javascript:alert(1)"},
        {"url": "https://user:pw@pages.vendor.example/"},
        {"url": "http://[::1"},
        {"onboardingToken": None},
    ],
)
def test_create_answer_without_usable_address_raises_alarm(
    wire_stack: WireStack, members: dict[str, object]
) -> None:
    def created(scan_id: str) -> Answer:
        good = {"scanId": scan_id, "onboardingToken": "t" * 36, "url": None}
        if "onboardingToken" in members:
            good["url"] = f"{wire_stack.gateway.url}/onboarding/{scan_id}"
        return json_answer(**{**good, **members})

    browser, home = wire_stack.sign_in(f"ada-{uuid.uuid4().hex}")
    before = create_calls(wire_stack)
    wire_stack.gateway.create = created
    try:
        refused = browser.submit(home, home.form("/onboardings"))
    finally:
        wire_stack.gateway.create = None
    assert refused.status == 503
    assert create_calls(wire_stack) == before + 1
    eventually(lambda: [x for x in wire_stack.readyz()["degraded"] if "could not be read" in x])
