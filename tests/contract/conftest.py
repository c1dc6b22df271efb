"""The programs for the contract tests, with short poll intervals."""

from collections.abc import Iterator

import pytest

from mobbscan_sandbox.scenarios.catalogue import catalogue
from tests.support.gateway_fixtures import company, controls, gateway, make_process, receiver
from tests.support.stack import Stack
from tests.support.stack_fixtures import ada

__all__ = ["ada", "company", "controls", "gateway", "make_process", "receiver", "stack"]


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """All programs. The server polls every second and maps the catalogue's rejection texts."""
    with Stack(
        tmp_path_factory.mktemp("contract"),
        database=database_kind,
        environment={"RECONCILE_AFTER": "1s"},
        flow={"reason_map": dict(catalogue().reason_map)},
    ) as running:
        yield running
