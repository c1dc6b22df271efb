"""Login through OUTBOUND_PROXY: discovery, keys, token and profile."""

from __future__ import annotations

from tests.support.forward_proxy import ForwardProxy
from tests.unit.web.conftest import MakeApp
from tests.unit.web.fake_provider import FakeProvider, log_in, login_at


def test_login_with_proxy_sends_every_call_through_it(
    make_app: MakeApp, provider: FakeProvider
) -> None:
    with ForwardProxy("shop:s3cr3t") as proxy:
        app = make_app(OUTBOUND_PROXY=proxy.url, **login_at(provider))
        assert log_in(app.test_client(), provider).status_code == 303
    paths = [each.removeprefix(provider.issuer) for each in map(_address, proxy.requests)]
    assert {"/.well-known/openid-configuration", "/keys", "/token"} <= set(paths)
    assert len(paths) == len(provider.requests), "a call went around the proxy"


def test_login_whose_proxy_refuses_it_is_503(make_app: MakeApp, provider: FakeProvider) -> None:
    with ForwardProxy("shop:s3cr3t") as proxy:
        app = make_app(OUTBOUND_PROXY=proxy.url.replace("s3cr3t", "wrong"), **login_at(provider))
        answer = app.test_client().get("/login?site=shop")
    assert answer.status_code == 503
    assert provider.requests == []


def _address(request: str) -> str:
    return request.split(" ")[1]
