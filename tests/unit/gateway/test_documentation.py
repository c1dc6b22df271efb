"""docs/gateway.md lists exactly the calls, errors, fields and limits of the client."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.doubles import adas_request
from webapp.gateway import (
    WIRE_NAMES,
    Acknowledgement,
    Budgets,
    CreatedProcess,
    EvidenceStream,
    Gateway,
    GatewayError,
    IdentityDocument,
    Limits,
    Notice,
    ProcessData,
    errors,
)
from webapp.gateway.evidence.kinds import IMAGE, PDF, RECORDING, ZIP


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "gateway.md").read_text("utf-8")


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the first table under a heading, by their first cell."""
    section = re.split(r"^#+ ", page.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    table = [line.strip().strip("|").split("|") for line in section.splitlines() if line[:1] == "|"]
    return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in table[2:]}


def names(page: str, heading: str) -> dict[str, str]:
    """Return the gateway's name for each of our names."""
    return {ours: row[0].strip("`") for ours, row in rows(page, heading).items()}


def test_docs_list_every_call(page: str) -> None:
    public = {name for name, _ in inspect.getmembers(Gateway, inspect.isfunction) if name[0] != "_"}
    assert rows(page, "Calls").keys() == public


def test_docs_list_every_error(page: str) -> None:
    found = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, GatewayError)
    }
    assert rows(page, "Errors").keys() == found
    assert all(f"── {name} " in (errors.__doc__ or "") for name in found - {"GatewayError"})


@pytest.mark.parametrize("model", [ProcessData, IdentityDocument])
def test_docs_list_every_read_field_with_gateway_name(page: str, model: Any) -> None:
    fields = {name: field.alias or name for name, field in model.model_fields.items()}
    fields = {**fields, "raw": ""} if model is ProcessData else fields
    assert names(page, model.__name__) == fields


def test_docs_list_every_personal_data_field(page: str) -> None:
    assert names(page, "Personal data") == WIRE_NAMES


def test_docs_list_every_create_field(page: str) -> None:
    request = adas_request(redirect_url="x", country_id="x", doc_type="x", extra_data={"a": "b"})
    specific = dataclasses.replace(request, doc_specific_type="x")
    documented = names(page, "CreateRequest")
    assert documented.keys() == {field.name for field in dataclasses.fields(request)}
    assert set(documented.values()) == {*request.body(), *specific.body()}


@pytest.mark.parametrize("model", [CreatedProcess, Acknowledgement, EvidenceStream, Notice])
def test_docs_list_every_result_field(page: str, model: Any) -> None:
    assert list(rows(page, model.__name__)) == [field.name for field in dataclasses.fields(model)]


def test_docs_list_every_json_member_of_evidence(page: str) -> None:
    members = {name for kind in (IMAGE, RECORDING, PDF, ZIP) for name in kind.json_members}
    assert set(re.findall(r"`(\w+)`", rows(page, "EvidenceStream")["chunks"][0])) == members


def test_docs_list_every_limit_with_default(page: str) -> None:
    defaults = {**dataclasses.asdict(Budgets()), **dataclasses.asdict(Limits())}
    assert {name: float(row[0]) for name, row in rows(page, "Limits").items()} == defaults


def test_docs_answer_every_contradiction_of_the_vendor(page: str) -> None:
    answered = rows(page, "Where the vendor's documents disagree")
    assert "".join(answered) == "ABCDEFGHIJKLMNOPQRS"
    assert all(len(row) == 2 and all(row) for row in answered.values())
