"""Several companies at one gateway: credentials, webhooks, subscriptions, return addresses."""

from collections.abc import Iterator

import pytest

from mobbscan_sandbox.gateway import RunningGateway
from mobbscan_sandbox.gateway.tenants import NOTICE_STATES
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls, Receiver, listening_receiver, web


class Other(Company):
    """Another company at the same gateway."""

    def log_in(self) -> None:
        answer = self.http.post("/auth/token", json={"api_key": "k2", "api_secret": "s2"})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"


@pytest.fixture
def elsewhere() -> Iterator[Receiver]:
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def other(gateway: RunningGateway, controls: Controls, elsewhere: Receiver) -> Iterator[Other]:
    webhook = {"url": elsewhere.url, "headers": {"X-Other": "yes"}, "states": ["VERIFIED"]}
    made = {"api_key": "k2", "api_secret": "s2", "webhook": webhook, "return_url": "https://o.test"}
    assert controls.http.put("/tenants/other", json=made).is_success
    company = Other(gateway.url)
    yield company
    company.http.close()


def test_each_company_hears_of_its_own_with_its_own_headers(
    company: Company, other: Other, controls: Controls, receiver: Receiver, elsewhere: Receiver
) -> None:
    ours, theirs = company.create()["scanId"], other.create()["scanId"]
    controls.end(ours, "passes")
    controls.end(theirs, "passes")
    eventually(lambda: len(receiver.notices) == 2 and elsewhere.notices)
    assert {each["verificationId"] for each in receiver.notices} == {ours}
    assert elsewhere.notices == [{"verificationId": theirs, "status": "VERIFIED"}]
    assert elsewhere.headers[0]["x-other"] == "yes"
    assert "authorization" not in elsewhere.headers[0]


def test_states_that_nobody_asked_for_are_logged_and_not_sent(
    other: Other, controls: Controls, elsewhere: Receiver
) -> None:
    scan_id = other.create()["scanId"]
    controls.end(scan_id, "review")
    other.accept(scan_id)
    eventually(lambda: elsewhere.states == ["VERIFIED"])
    states = {each["status"]: each["state"] for each in controls.get("/deliveries")["deliveries"]}
    assert states.pop("VERIFIED") in ("delivered", "queued")
    assert states == {"PENDING_VERIFICATION": "unsubscribed", "VIDEO_AVAILABLE": "unsubscribed"}


@pytest.mark.parametrize("state", NOTICE_STATES)
def test_each_of_the_five_states_can_be_the_only_one(
    company: Company, controls: Controls, receiver: Receiver, state: str
) -> None:
    controls.http.put("/webhook", json={"url": receiver.url, "states": [state]})
    scan_id = company.create()["scanId"]
    controls.end(scan_id, "validation")
    company.pending(scan_id)
    company.accept(scan_id)
    controls.end(scan_id, "fails")
    eventually(lambda: receiver.states == [state])
    states = [each["state"] for each in controls.get("/deliveries")["deliveries"]]
    assert states.count("unsubscribed") == 4


def test_a_company_has_an_address_to_return_to(gateway: RunningGateway, other: Other) -> None:
    address = f"{gateway.url}/onboarding/{other.create()['scanId']}"
    assert 'data-redirect-url="https://o.test"' in web.get(address).text
    own = other.create(redirectUrl="https://mine.test/")["scanId"]
    assert (
        'data-redirect-url="https://mine.test/"' in web.get(f"{gateway.url}/onboarding/{own}").text
    )


def test_companies_are_listed_without_their_secrets(controls: Controls, other: Other) -> None:
    listed = controls.http.get("/tenants")
    assert [each["name"] for each in listed.json()["tenants"]] == ["default", "other"]
    assert "s2" not in listed.text.replace("k2", "")


def test_a_secret_belongs_to_its_key(gateway: RunningGateway, other: Other) -> None:
    for body in (
        {"api_key": "k2", "api_secret": "s1"},
        {"api_key": "k3", "api_secret": "s2"},
    ):
        assert web.post(f"{gateway.url}/auth/token", json=body).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": "k3"},
        {"api_key": "key-of-the-company", "api_secret": "s"},
        {"api_key": "k3", "api_secret": "s", "webhook": "here"},
        {"api_key": "k3", "api_secret": "s", "webhook": {"states": ["HAPPY"]}},
        {"api_key": "k3", "api_secret": "s", "return_url": 7},
    ],
)
def test_a_company_that_cannot_be_is_400(controls: Controls, body: dict[str, object]) -> None:
    assert controls.http.put("/tenants/third", json=body).status_code == 400
    assert len(controls.get("/tenants")["tenants"]) == 1
