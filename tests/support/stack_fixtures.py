"""Fixtures of `Stack` and its users Ada and Ben, for import by a conftest."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from mobbscan_sandbox.demo.sites_file import shop_flow
from tests.support.stack import Person, Stack

__all__ = ["ada", "ben", "new_stack", "stack", "stacks"]

NewStack = Callable[..., Stack]
#: More flows of the shop, for hand-offs with `flow=…`.
FLOWS = {
    "sites.shop.flows.alone": {**shop_flow(), "mode": "redirect"},
    "sites.shop.flows.decided": {**shop_flow(), "decide": "host", "decide_within_minutes": 30},
}


@pytest.fixture(scope="package")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stack]]:
    """Return a function that gives one running stack for each kind of database."""
    with ExitStack() as running:

        @cache
        def stack_on(database: str) -> Stack:
            folder = tmp_path_factory.mktemp("stack")
            return running.enter_context(Stack(folder, database=database, tables=FLOWS))

        yield stack_on


@pytest.fixture(scope="package")
def stack(stacks: Callable[[str], Stack], database_kind: str) -> Stack:
    """Return the stack that tests share. They use `ada` and `ben` and undo what they switch."""
    return stacks(database_kind)


@pytest.fixture
def new_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[NewStack]:
    """Return a function that starts a stack for one test, with the arguments of `Stack`."""
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
    """Return a user Ada whom no other test uses."""
    return stack.person("Ada Lovelace", "en")


@pytest.fixture
def ben(stack: Stack) -> Person:
    """Return a user Ben whom no other test uses."""
    return stack.person("Ben Ortega", "en")
