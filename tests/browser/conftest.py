"""Fixtures of the browser tests, which need Chromium and are skipped with a notice without it."""

from pathlib import Path

import pytest

from tests.browser.hosted_page import company, controls, gateway, host_site
from tests.support.chromium import (
    browser_page,
    chromium,
    chromium_without_permission,
    page_without_permission,
)
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks

__all__ = [
    "ada", "ben", "browser_page", "chromium", "chromium_without_permission", "company", "controls",
    "gateway", "host_site", "new_stack", "page_without_permission", "stack", "stacks",
]  # fmt: skip

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("needs") is None:
            item.add_marker(pytest.mark.needs("chromium"))
