"""A real gateway in a box, a real receiver of its notices, and Ada's company calling it."""

import uuid
from collections.abc import Iterator

import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from mobbscan_sandbox.gateway.options import Webhook
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
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def gateway(receiver: Receiver) -> Iterator[RunningGateway]:
    webhook = Webhook(receiver.url, NOTICE_HEADERS)
    with RunningGateway(SandboxOptions(KEY, SECRET, webhook)) as running:
        yield running


@pytest.fixture
def company(gateway: RunningGateway) -> Iterator[Company]:
    company = Company(gateway.url)
    yield company
    company.http.close()


@pytest.fixture
def controls(gateway: RunningGateway) -> Iterator[Controls]:
    controls = Controls(gateway.url)
    yield controls
    controls.http.close()


@pytest.fixture
def unknown_id() -> str:
    return str(uuid.uuid4())
