"""Contract tests: the scenarios, and the calls of the vendor's samples, against the real thing."""

from collections.abc import Iterator

import pytest

from mobbscan_sandbox.scenarios.catalogue import catalogue
from tests.support.stack import Stack
from tests.support.stack_fixtures import ada

__all__ = ["ada", "stack"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """All parties. The server soon asks again by itself, and knows the catalogue's reasons."""
    with Stack(
        tmp_path_factory.mktemp("contract"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s"},
        flow={"reason_map": dict(catalogue().reason_map)},
    ) as running:
        yield running
