"""Flow tests walk through all parties over HTTP."""

from tests.support.fixtures import ada, ben, new_stack, stack

__all__ = ["ada", "ben", "new_stack", "stack"]
