"""Several tenants at one gateway: credentials, webhooks, subscriptions, return addresses."""

import pytest

from mobbscan_sandbox.gateway.tenants import NOTICE_STATES
from tests.support.eventually import eventually
from tests.support.gateway import Company, listening_receiver, web


@pytest.fixture
def other_receiver():
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def other(gateway, controls, other_receiver):
    webhook = {"url": other_receiver.url, "headers": {"X-Other": "yes"}, "states": ["VERIFIED"]}
    body = {
        "api_key": "k2",
        "api_secret": "secret-2",
        "webhook": webhook,
        "return_url": "https://o.test",
    }
    assert controls.http.put("/tenants/other", json=body).is_success
    company = Company(gateway.url, "k2", "secret-2")
    yield company
    company.http.close()


def test_each_tenant_gets_its_own_notices_with_its_own_headers(
    make_process, other, controls, receiver, other_receiver
):
    default_id, other_id = make_process("passes"), other.create()["scanId"]
    controls.end(other_id, "passes")
    eventually(lambda: len(receiver.notices) == 2 and other_receiver.notices)
    assert {each["verificationId"] for each in receiver.notices} == {default_id}
    assert other_receiver.notices == [{"verificationId": other_id, "status": "VERIFIED"}]
    assert other_receiver.headers[0]["x-other"] == "yes"
    assert "authorization" not in other_receiver.headers[0]


@pytest.mark.parametrize("state", NOTICE_STATES)
def test_webhook_with_one_subscribed_state_gets_that_state_only(
    company, controls, receiver, make_process, state
):
    controls.http.put("/webhook", json={"url": receiver.url, "states": [state]})
    scan_id = make_process("validation")
    company.pending(scan_id)
    company.accept(scan_id)
    controls.end(scan_id, "fails")
    eventually(lambda: receiver.states == [state])
    states = [each["state"] for each in controls.get("/deliveries")["deliveries"]]
    assert states.count("unsubscribed") == 4


def test_return_url_of_the_tenant_is_used_without_a_redirect_url(other):
    own = {"redirectUrl": "https://own.test/"}
    for fields, target in (({}, "https://o.test"), (own, "https://own.test/")):
        page = web.get(other.create(**fields)["url"]).text
        assert f'data-redirect-url="{target}"' in page


def test_tenants_are_listed_without_secrets(controls, other):
    listed = controls.http.get("/tenants")
    assert [each["name"] for each in listed.json()["tenants"]] == ["default", "other"]
    assert "secret-2" not in listed.text


def test_secret_of_another_tenant_is_401(gateway, other):
    for key, secret in (("k2", "s1"), ("k3", "secret-2")):
        body = {"api_key": key, "api_secret": secret}
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
def test_invalid_tenant_is_400_and_not_created(controls, body):
    assert controls.http.put("/tenants/third", json=body).status_code == 400
    assert len(controls.get("/tenants")["tenants"]) == 1
