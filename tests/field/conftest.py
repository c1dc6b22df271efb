"""Fixtures of the field tests, which use HTTP and commands only."""

from tests.support.stack_fixtures import ada, ben, new_stack, stack, stacks

__all__ = ["ada", "ben", "new_stack", "stack", "stacks"]
