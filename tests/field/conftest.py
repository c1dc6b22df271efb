"""Fixtures of the field tests: inputs that failed in other integrations, over HTTP and commands."""

from tests.support.chromium import browser_page, chromium
from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks
from tests.support.wire_fixtures import madrid_stack, new_wire_stack, prefixed_stack, wire_stack

__all__ = ["ada", "ben", "browser_page", "chromium", "madrid_stack", "new_stack", "new_wire_stack", "prefixed_stack", "stack", "stacks", "wire_stack"]
