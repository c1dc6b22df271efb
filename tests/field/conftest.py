"""Fixtures of the field tests: inputs that failed in other integrations, over HTTP and commands."""

from collections import defaultdict
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

#: In every run: the first case, which is the reported input, of the first tests of each file. The
#: others are alike and many; they run nightly.
CASES_IN_EVERY_RUN = 1
TESTS_IN_EVERY_RUN = 2


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    tests_of = defaultdict(list)
    for item in sorted(items, key=lambda item: item.location[1] or 0):
        if item.path.parent != folder:
            continue
        names = tests_of[item.path]
        if (name := item.name.partition("[")[0]) not in names:
            names.append(name)
        indices = getattr(getattr(item, "callspec", None), "indices", {})
        is_first_case = max(indices.values(), default=0) < CASES_IN_EVERY_RUN
        if not is_first_case or names.index(name) >= TESTS_IN_EVERY_RUN:
            item.add_marker(pytest.mark.nightly)
