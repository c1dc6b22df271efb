"""Flows with a country and a specific document type: both reach the gateway, and `doctor` warns."""

import json
from typing import Any

import pytest

from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import gateway_process, start_onboarding

SPECIFIC = {"document_type": None, "document_specific_type": "PRTIDCard"}
FLOWS: dict[str, dict[str, object]] = {
    "default": {},
    "both": {"country": "PRT", **SPECIFIC},
    "passport": {"country": "USA", "document_specific_type": "USAPassport"},
    "specific": SPECIFIC,
    "country": {"country": "FRA"},
    "general": {"country": "FRA", "document_type": "Passport"},
}
SENT = {
    "both": ("PRT", None, "PRTIDCard"),
    "passport": ("USA", None, "USAPassport"),
    "specific": (None, None, "PRTIDCard"),
    "country": ("FRA", None, None),
    "general": ("FRA", "Passport", None),
}


@pytest.fixture
def stack(new_stack: NewStack) -> Stack:
    return new_stack(tables={f"sites.shop.flows.{name}": flow for name, flow in FLOWS.items()})


def findings(stack: Stack) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(stack.command("doctor", "--json").stdout)
    return shown


def test_create_call_sends_every_document_setting_of_the_flow(stack: Stack) -> None:
    sent = {}
    for flow in SENT:
        process = gateway_process(
            stack, start_onboarding(stack, stack.person("Ada Lovelace"), flow=flow).id
        )
        sent[flow] = tuple(
            process[name] for name in ("country_id", "doc_type", "doc_specific_type")
        )
    assert sent == SENT


def test_doctor_warns_of_each_flow_with_country_and_specific_type(stack: Stack) -> None:
    warned = [
        each["message"] for each in findings(stack) if "document_specific_type" in each["message"]
    ]
    assert len(warned) == 2
    for flow, message in zip(("both", "passport"), sorted(warned), strict=True):
        assert f"flows.{flow} has" in message
        assert "country" in message
    assert all(each["level"] == "warn" for each in findings(stack) if each["message"] in warned)
