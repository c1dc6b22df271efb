"""Flow tests walk through all parties over HTTP."""

import pytest

from tests.support.bad_input_stack import company
from tests.support.chromium import chromium
from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite
from tests.support.gunicorn_server import installed, serving
from tests.support.stack_fixtures import ada, ben, new_stack, stack

# What they share says what it has seen, as they do.
pytest.register_assert_rewrite("tests.support.proxied_stack", "tests.support.proxy_checks")

__all__ = [
    "ada",
    "address",
    "ben",
    "chromium",
    "company",
    "installed",
    "kind",
    "migrated_postgres",
    "migrated_sqlite",
    "new_stack",
    "serving",
    "stack",
]
