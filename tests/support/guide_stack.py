"""A stack with one site for each website of docs/host-guide.md, for import by its tests."""

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from joserfc.jwk import ECKey

from mobbscan_sandbox.demo.website import Website as WebsiteSite
from tests.support.free_ports import free_addresses
from tests.support.guide_websites import LANGUAGES
from tests.support.host_guide import HostGuide
from tests.support.stack import Stack

__all__ = ["guide", "guide_stack"]


@dataclass(frozen=True)
class GuideStack:
    """The running server and gateway, the sites by the names of `LANGUAGES`.

    `result_key` signs results; it has a `kid`.
    """

    stack: Stack
    result_key: ECKey
    sites: dict[str, WebsiteSite]

    def settings(self, name: str) -> dict[str, str]:
        """Return the environment variables of the page."""
        return self.sites[name].settings(self.stack.public_url)


def _site(name: str) -> WebsiteSite:
    webhook_secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    keys = (secrets.token_urlsafe(32), webhook_secret, secrets.token_urlsafe(32))
    return WebsiteSite(f"{name}-site", f"http://localhost:{free_addresses().shop}", *keys)


@pytest.fixture(scope="module")
def guide_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuideStack]:
    """Return server and gateway with the sites of the websites."""
    sites = {name: _site(name) for name in LANGUAGES}
    tables = {name: table for site in sites.values() for name, table in site.tables().items()}
    folder = tmp_path_factory.mktemp("guide")
    key = ECKey.generate_key("P-256", {"kid": "of-the-tests"})
    environment = {"RESULT_KEYS": json.dumps([key.as_dict(private=True)])}
    options = {"database": "sqlite", "tables": tables, "leave_out": ("provider", "shop")}
    with Stack(folder, environment=environment, **options) as stack:
        yield GuideStack(stack, key, sites)


@pytest.fixture(scope="module")
def guide(root) -> HostGuide:
    """Return the page."""
    return HostGuide(root)
