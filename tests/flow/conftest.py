"""Fixtures of the flow tests, which run all parties as processes over HTTP."""

from tests.support.bad_input_stack import bad_input
from tests.support.chromium import chromium
from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite
from tests.support.gunicorn_server import installed, serving
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks

__all__ = [
    "ada",
    "address",
    "ben",
    "chromium",
    "bad_input",
    "installed",
    "kind",
    "migrated_postgres",
    "migrated_sqlite",
    "new_stack",
    "serving",
    "stack",
    "stacks",
]
