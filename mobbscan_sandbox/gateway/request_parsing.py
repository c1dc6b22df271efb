"""Validate request bodies strictly against the contract; raises `BadRequest`."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import request

from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.errors import BadRequest
from mobbscan_sandbox.gateway.specimen_data import PERSONAL_DATA_KEYS

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COUNTRY = re.compile(r"[A-Z]{3}")
_DOCUMENTS = ("IDCard", "Passport", "DrivingLicense")


def json_object() -> dict[str, Any]:
    """Return the body of the current request, a JSON object sent as `application/json`."""
    if request.mimetype != "application/json":
        raise BadRequest("Content-Type must be application/json")
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object")
    return body


def uuid_text(value: object, name: str) -> str:
    """Return `value` if it is a UUID in the 36 character form."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise BadRequest(f"{name} is not a UUID")
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a required, non-empty string."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{name} is required and must be a string")
    return value


def string_map(value: object, name: str) -> dict[str, str]:
    """Return an object whose values are all strings."""
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise BadRequest(f"{name} must be an object of strings")
    return value


def personal_data(body: Mapping[str, Any], *, required: bool, full: bool = False) -> dict[str, str]:
    """Return the corrections of a decision: any of the twenty keys (register C).

    `full` requires all twenty, as the vendor's table says and its text does not.
    """
    value = body.get("personalData")
    if value is None and not required:
        return {}
    data = string_map(value, "personalData")
    if full and (missing := [key for key in PERSONAL_DATA_KEYS if key not in data]):
        raise BadRequest(f"personalData lacks {', '.join(missing)}")
    return {key: data[key] for key in PERSONAL_DATA_KEYS if key in data}


def create_request(body: Mapping[str, Any]) -> CreateRequest:
    """Parse a create call (contract 3.1). `null` means absent; unknown keys are ignored."""
    scan_id = body.get("scanId")
    extra = body.get("verificationExtraData")
    return CreateRequest(
        scan_id=None if scan_id is None else uuid_text(scan_id, "scanId"),
        country_id=_country(body.get("countryId")),
        doc_type=_document(body.get("docType")),
        doc_specific_type=_optional_text(body, "docSpecificType"),
        redirect_url=_redirect(body.get("redirectUrl")),
        extra_data={} if extra is None else string_map(extra, "verificationExtraData"),
    )


def _optional_text(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else text(body, name)


def _country(value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and _COUNTRY.fullmatch(value)):
        raise BadRequest("countryId must be three letters A-Z (ISO 3166-1 alpha-3)")
    return value


def _document(value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and value in _DOCUMENTS):
        raise BadRequest(f"docType must be one of {', '.join(_DOCUMENTS)}")
    return value


def _redirect(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadRequest("redirectUrl must be a string")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise BadRequest("redirectUrl must be an absolute http or https address")
    return value
