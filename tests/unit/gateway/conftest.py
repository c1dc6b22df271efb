"""Fixture of the gateway tests: servers with faults, and clients for them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.unit.gateway.doubles import gateway_at
from tests.unit.gateway.raw_server import Behaviour, RawServer
from webapp.gateway import Gateway

Serve = Callable[..., tuple[RawServer, Gateway]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with the given behaviours and a client for it; options as `gateway_at`."""
    with ExitStack() as stack:

        def start(*behaviours: Behaviour, **options: Any) -> tuple[RawServer, Gateway]:
            server = stack.enter_context(RawServer(*behaviours))
            client = gateway_at(server.url, **options)
            stack.callback(client.close)
            return server, client

        yield start
