"""A stack with one site for each website of docs/host-guide.md, for import by its tests."""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mobbscan_sandbox.demo.website import Website as WebsiteSite
from tests.support.free_ports import free_addresses
from tests.support.guide_websites import LANGUAGES
from tests.support.host_guide import HostGuide
from tests.support.stack import Stack

__all__ = ["guide", "guide_stack"]


@dataclass(frozen=True)
class GuideStack:
    """The running server and gateway, and the sites by the names of `LANGUAGES`."""

    stack: Stack
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
    options = {"database": "sqlite", "tables": tables, "leave_out": ("provider", "shop")}
    with Stack(folder, **options) as stack:
        yield GuideStack(stack, sites)


@pytest.fixture(scope="module")
def guide(root) -> HostGuide:
    """Return the page."""
    return HostGuide(root)
