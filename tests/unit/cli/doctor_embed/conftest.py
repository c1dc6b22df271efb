"""Fixtures: an installation at PUBLIC_URL, a host site, and a runner of `doctor embed`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.cli.doctor_embed.web_servers import Answer, WebServer, our_answers, web_server
from tests.unit.cli.installation import Installation
from webapp.cli.main import main

Doctor = Callable[..., Result]


@pytest.fixture
def host() -> Iterator[WebServer]:
    with web_server() as running:
        running.answers["/"] = Answer(b"<!doctype html><title>Shop</title>")
        yield running


@pytest.fixture
def ours(host: WebServer) -> Iterator[WebServer]:
    with web_server() as running:
        running.answers |= our_answers(host.url)
        yield running


@pytest.fixture
def installed(tmp_path: Path, host: WebServer, ours: WebServer) -> Installation:
    installation = Installation(tmp_path, "http://127.0.0.1:9", PUBLIC_URL=ours.url)
    with (tmp_path / "sites.toml").open("a") as sites:
        sites.write(f'origins = ["{host.url}"]\n[sites.shop.flows.default]\n')
    return installation


@pytest.fixture
def doctor(installed: Installation) -> Doctor:
    """Run `doctor embed`; `environ` changes settings."""

    def command(*arguments: str, **environ: str | None) -> Result:
        environment = {**installed.environ, **environ}
        return CliRunner().invoke(main, ["doctor", "embed", *arguments], env=environment)

    return command
