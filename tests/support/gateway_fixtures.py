"""Fixtures of a running gateway in a box, its webhook receiver and its clients, for a conftest."""

import uuid

import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from mobbscan_sandbox.gateway.options import Webhook
from tests.support.gateway import (
    KEY,
    NOTICE_HEADERS,
    SECRET,
    Company,
    Controls,
    listening_receiver,
)

__all__ = ["company", "controls", "gateway", "make_process", "receiver", "unknown_id"]


@pytest.fixture
def receiver():
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def gateway(receiver):
    webhook = Webhook(receiver.url, NOTICE_HEADERS)
    with RunningGateway(SandboxOptions(KEY, SECRET, webhook)) as running:
        yield running


@pytest.fixture
def company(gateway):
    company = Company(gateway.url)
    yield company
    company.http.close()


@pytest.fixture
def controls(gateway):
    controls = Controls(gateway.url)
    yield controls
    controls.http.close()


@pytest.fixture
def make_process(company, controls):
    """Create a process, end it with an outcome if one is given, and return its id."""

    def make_process(outcome=None, **create_fields):
        scan_id = company.create(**create_fields)["scanId"]
        if outcome:
            controls.end(scan_id, outcome)
        return scan_id

    return make_process


@pytest.fixture
def unknown_id():
    return str(uuid.uuid4())
