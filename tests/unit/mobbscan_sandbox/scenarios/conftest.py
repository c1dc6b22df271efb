"""A gateway with its controls, for each test."""

from collections.abc import Iterator

import pytest

from mobbscan_sandbox.gateway.options import SandboxOptions, Webhook
from mobbscan_sandbox.gateway.server import RunningGateway
from tests.support.gateway import (
    KEY,
    NOTICE_HEADERS,
    SECRET,
    Company,
    Controls,
    Receiver,
    listening_receiver,
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening_receiver() as listening:
        yield listening


@pytest.fixture
def gateway(receiver: Receiver) -> Iterator[RunningGateway]:
    options = SandboxOptions(KEY, SECRET, Webhook(receiver.url, NOTICE_HEADERS))
    with RunningGateway(options) as running:
        yield running


@pytest.fixture
def controls(gateway: RunningGateway) -> Iterator[Controls]:
    made = Controls(gateway.url)
    yield made
    made.http.close()


@pytest.fixture
def company(gateway: RunningGateway) -> Iterator[Company]:
    made = Company(gateway.url)
    yield made
    made.http.close()
