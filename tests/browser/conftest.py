"""Browser tests walk through all parties in Chromium, and are left out loudly without it."""

from pathlib import Path

import pytest

from tests.browser.hosted_page import company, controls, gateway, shop
from tests.support.chromium import browser_page, chromium
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks

__all__ = [
    "ada", "ben", "browser_page", "chromium", "company", "controls", "gateway", "new_stack", "shop",
    "stack",
    "stacks",
]  # fmt: skip

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.needs("chromium"))
