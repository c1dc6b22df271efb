"""Fixture with a stack for bad input: a faulty identity provider, sites with each kind of key."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from joserfc.jwk import ECKey

from tests.support.faulty_provider import CLIENT_ID, FaultyProvider, running_faulty_provider
from tests.support.stack import Stack

__all__ = ["bad_input"]

RETURN_URLS = ("https://shop.test/account", "https://shop.test:8443/")
TARGET_KEY = "target-secret-of-more-than-32-bytes-0001"


@dataclass(frozen=True)
class BadInputStack:
    """Site `shop` has a secret, `keys` a public key only, `target` several return addresses."""

    stack: Stack
    provider: FaultyProvider
    key: ECKey


@pytest.fixture(scope="package")
def bad_input(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Iterator[BadInputStack]:
    """Return a server and gateway that the bad input tests share."""
    key = ECKey.generate_key("P-256")
    public = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    flow = {"mode": "iframe"}
    with running_faulty_provider() as provider:
        stack = Stack(
            tmp_path_factory.mktemp("bad_input"),
            database=database_kind,
            environment={
                "OIDC_ISSUER": provider.issuer,
                "OIDC_CLIENT_ID": CLIENT_ID,
                "OIDC_CLIENT_SECRET": "secret",
            },
            tables={
                "sites.keys": {"name": "Keys", "handoff_keys": [public]},
                "sites.keys.flows.default": flow,
                "sites.target": {
                    "name": "Target",
                    "origins": ["https://shop.test", "https://shop.test:8443"],
                    "return_urls": list(RETURN_URLS),
                    "handoff_keys": [TARGET_KEY],
                },
                "sites.target.flows.default": flow,
            },
            leave_out=("provider", "shop"),
        )
        with stack:
            yield BadInputStack(stack, provider, key)
