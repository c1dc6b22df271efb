"""Fixtures of a server with a `WireGateway`, for import by a conftest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.wire_gateway import WireStack, running_wire_gateway

__all__ = ["madrid_stack", "new_wire_stack", "prefixed_stack", "wire_stack"]


@pytest.fixture(scope="package")
def wire_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[WireStack]:
    """Return a server whose gateway answers what a test writes; tests share it."""
    with _running(tmp_path_factory.mktemp("wire"), database_kind) as stack:
        yield stack


@contextmanager
def _running(folder: Path, database: str, **environment: str) -> Iterator[WireStack]:
    with (
        running_wire_gateway() as gateway,
        WireStack(folder, gateway, database=database, environment=environment) as stack,
    ):
        yield stack


@pytest.fixture
def new_wire_stack(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Iterator[WireStack]:
    """Return such a server for one test."""
    with _running(tmp_path_factory.mktemp("wire"), database_kind) as stack:
        yield stack


@pytest.fixture(scope="package")
def madrid_stack(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Iterator[WireStack]:
    """Return such a server with MOBBSCAN_TIME_ZONE=Europe/Madrid."""
    folder = tmp_path_factory.mktemp("madrid")
    with _running(folder, database_kind, MOBBSCAN_TIME_ZONE="Europe/Madrid") as stack:
        yield stack


@pytest.fixture(scope="package")
def prefixed_stack(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> Iterator[WireStack]:
    """Return such a server with a path in PUBLIC_URL."""
    folder = tmp_path_factory.mktemp("prefixed")
    with _running(folder, database_kind, PUBLIC_URL="https://shop.example/verify") as stack:
        yield stack
