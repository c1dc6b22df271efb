"""docs/gateway.md names every call, error, field and limit there is, and nothing else."""

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
    Evidence,
    Gateway,
    GatewayError,
    IdentityDocument,
    Limits,
    Notice,
    ProcessData,
    errors,
)
from webapp.gateway.evidence_kinds import IMAGE, PDF, RECORDING, ZIP


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "gateway.md").read_text("utf-8")


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of the first table under a heading, by the name in their first cell."""
    section = re.split(r"^#+ ", page.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    table = [line.strip().strip("|").split("|") for line in section.splitlines() if line[:1] == "|"]
    return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in table[2:]}


def names(page: str, heading: str) -> dict[str, str]:
    """Our names and those on the wire."""
    return {ours: row[0].strip("`") for ours, row in rows(page, heading).items()}


def test_every_call_is_documented(page: str) -> None:
    public = {name for name, _ in inspect.getmembers(Gateway, inspect.isfunction) if name[0] != "_"}
    assert rows(page, "Calls").keys() == public


def test_every_error_is_documented(page: str) -> None:
    found = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, GatewayError)
    }
    assert rows(page, "Errors").keys() == found
    assert all(f"── {name} " in (errors.__doc__ or "") for name in found - {"GatewayError"})


@pytest.mark.parametrize("model", [ProcessData, IdentityDocument])
def test_every_field_that_is_read_is_documented_with_its_name_on_the_wire(
    page: str, model: Any
) -> None:
    fields = {name: field.alias or name for name, field in model.model_fields.items()}
    fields = {**fields, "scan_id": "scanId", "raw": ""} if model is ProcessData else fields
    assert names(page, model.__name__) == fields


def test_every_field_of_personal_data_is_documented(page: str) -> None:
    assert names(page, "Personal data") == WIRE_NAMES


def test_every_field_of_a_create_is_documented(page: str) -> None:
    request = adas_request(redirect_url="x", country_id="x", doc_type="x", extra_data={"a": "b"})
    specific = dataclasses.replace(request, doc_specific_type="x")
    documented = names(page, "CreateRequest")
    assert documented.keys() == {field.name for field in dataclasses.fields(request)}
    assert set(documented.values()) == {*request.body(), *specific.body()}


@pytest.mark.parametrize("model", [CreatedProcess, Acknowledgement, Evidence, Notice])
def test_every_field_of_what_comes_back_is_documented(page: str, model: Any) -> None:
    assert list(rows(page, model.__name__)) == [field.name for field in dataclasses.fields(model)]


def test_every_member_a_file_may_stand_under_is_documented(page: str) -> None:
    members = {name for kind in (IMAGE, RECORDING, PDF, ZIP) for name in kind.members}
    assert set(re.findall(r"`(\w+)`", rows(page, "Evidence")["chunks"][0])) == members


def test_every_limit_is_documented_with_its_default(page: str) -> None:
    defaults = {**dataclasses.asdict(Budgets()), **dataclasses.asdict(Limits())}
    assert {name: float(row[0]) for name, row in rows(page, "Limits").items()} == defaults


def test_every_oddity_of_the_vendors_documents_is_answered(page: str) -> None:
    answered = rows(page, "Where the vendor's documents disagree")
    assert "".join(answered) == "ABCDEFGHIJKLMNOPQRS"
    assert all(len(row) == 2 and all(row) for row in answered.values())
