"""The whole journey of a server whose only way out is OUTBOUND_PROXY."""

from __future__ import annotations

from tests.support.forward_proxy import ForwardProxy
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import submit_consent

#: Nothing listens there: a call that used one of them would fail.
UNUSABLE = "http://me:hunter2@127.0.0.1:9"
VARIABLES = dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), UNUSABLE)


def test_journey_through_the_outbound_proxy_ends_verified(new_stack: NewStack) -> None:
    with ForwardProxy("shop:s3cr3t") as proxy:
        stack = new_stack(environment={"OUTBOUND_PROXY": proxy.url, **VARIABLES})
        browser, home = stack.login_oidc(stack.person().sub)
        journey = submit_consent(stack, browser, home)
        journey.finish("passes")
        journey.until("verified")
        seen = "\n".join(proxy.requests)
        log = stack.logs("server")
    assert stack.gateway_url in seen
    assert f"{stack.identity_provider_url}/" in seen
    assert log.count("proxy_variables_ignored") == 1
    assert "hunter2" not in log
    assert "s3cr3t" not in log
