"""Fixtures: an installation, and a runner of commands that restores logging."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.cli.installation import Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from webapp.cli.main import main

Run = Callable[..., Result]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def installed(tmp_path: Path, gateway: FakeGateway) -> Installation:
    """Settings and sites; no database yet."""
    return Installation(tmp_path, gateway.url)


@pytest.fixture
def ready(installed: Installation) -> Installation:
    installed.upgrade()
    return installed


@pytest.fixture
def run(installed: Installation) -> Iterator[Run]:
    """Run a command; `environ` changes settings, None removes one."""

    def command(*arguments: str, **environ: str | None) -> Result:
        return CliRunner().invoke(main, arguments, env={**installed.environ, **environ})

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield command
    root.handlers[:], root.level = handlers, level
