"""Fixtures around `Stack`; a conftest imports those it offers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mobbscan_sandbox.demo.sites_file import shop_flow
from tests.support.stack import Person, Stack

__all__ = ["ada", "ben", "new_stack", "stack"]

NewStack = Callable[..., Stack]
#: Further flows of the shop, for those who come in by `flow=…`.
FLOWS = {
    "sites.shop.flows.alone": {**shop_flow(), "mode": "redirect"},
    "sites.shop.flows.decided": {**shop_flow(), "decide": "host", "decide_within_minutes": 30},
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """All parties, shared by the tests: use `ada` and `ben`, and switch back what you switch."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, database=database_kind, tables=FLOWS) as running:
        yield running


@pytest.fixture
def new_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[NewStack]:
    """Make a stack for one test: `new_stack(environment=…)`, with the arguments of `Stack`."""
    made: list[Stack] = []

    def make(**options: Any) -> Stack:
        folder = tmp_path_factory.mktemp("stack")
        made.append(Stack(folder, **{"database": database_kind, **options}))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def ada(stack: Stack) -> Person:
    """Ada, as somebody whom no other test has met."""
    return stack.person("Ada Lovelace", "en")


@pytest.fixture
def ben(stack: Stack) -> Person:
    """Ben, likewise; in tests he reads English."""
    return stack.person("Ben Ortega", "en")
