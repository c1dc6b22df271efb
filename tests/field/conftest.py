"""Fixtures of the field tests: inputs that failed in other integrations, over HTTP and commands."""

from pathlib import Path

import pytest

from tests.support.chromium import browser_page, chromium
from tests.support.oidc_login import (
    _shared_login,
    login_server,
    new_login_server,
    provider,
    shared_login_server,
    shared_provider,
)
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks
from tests.support.wire_fixtures import madrid_stack, new_wire_stack, prefixed_stack, wire_stack

__all__ = [
    "_shared_login",
    "ada",
    "ben",
    "browser_page",
    "chromium",
    "login_server",
    "madrid_stack",
    "new_login_server",
    "new_stack",
    "new_wire_stack",
    "prefixed_stack",
    "provider",
    "shared_login_server",
    "shared_provider",
    "stack",
    "stacks",
    "wire_stack",
]

#: Cases of a parametrized test that run every time: the reported input. All of them run nightly.
CASES_IN_EVERY_RUN = 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the relatives of the reported inputs as nightly: they are many, and alike."""
    folder = Path(__file__).parent
    for item in items:
        indices = getattr(getattr(item, "callspec", None), "indices", {})
        if item.path.parent == folder and max(indices.values(), default=0) >= CASES_IN_EVERY_RUN:
            item.add_marker(pytest.mark.nightly)
