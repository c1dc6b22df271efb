"""Fixtures of the field tests: inputs that failed in other integrations, over HTTP and commands."""

from tests.support.chromium import browser_page, chromium
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks

__all__ = ["ada", "ben", "browser_page", "chromium", "new_stack", "stack", "stacks"]
