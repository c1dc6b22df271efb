"""Flow tests walk through all parties over HTTP."""

import pytest

from tests.support.chromium import chromium
from tests.support.company import company
from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite
from tests.support.fixtures import ada, ben, new_stack, stack
from tests.support.served import installed, serving

# What they share says what it has seen, as they do.
pytest.register_assert_rewrite("tests.support.behind", "tests.support.passing")

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
