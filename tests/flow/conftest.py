"""Flow tests walk through all parties over HTTP."""

from tests.support.chromium import chromium
from tests.support.company import company
from tests.support.fixtures import ada, ben, new_stack, stack
from tests.support.served import installed, serving

__all__ = ["ada", "ben", "chromium", "company", "installed", "new_stack", "serving", "stack"]
