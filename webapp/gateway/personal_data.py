"""Corrections of personal data that a decision may carry: the vendor's 20 keys. Contract 3.8."""

from __future__ import annotations

from collections.abc import Mapping

WIRE_NAMES: Mapping[str, str] = {
    "address": "address",
    "city": "city",
    "city_of_birth": "cityOfBirth",
    "country": "country",
    "country_document_type": "countryDocumentType",
    "curp": "curp",
    "date_of_birth": "dateOfBirth",
    "date_of_expiry": "dateOfExpiry",
    "document_number": "documentNumber",
    "gender": "gender",
    "mrz": "mrz",
    "name": "name",
    "personal_number": "personalNumber",
    "post_code": "postCode",
    "region": "region",
    "region_of_birth": "regionOfBirth",
    "first_surname": "firstSurname",
    "second_surname": "secondSurname",
    "state_of_birth": "stateOfBirth",
    "surname": "surname",
}
"""The gateway's name of each of our keys."""


def to_wire_names(personal_data: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return the given values under the gateway's names; `{}` for None. Leaves out None values.

    Raises `ValueError`, without the key or the value in its text, for a key that is not one of
    the 20 and for a value that is no text.
    """
    given = {} if personal_data is None else personal_data
    if not given.keys() <= WIRE_NAMES.keys():
        raise ValueError("personal data holds a key the gateway does not know")
    return {
        WIRE_NAMES[name]: require_json_text(value, "personal data")
        for name, value in given.items()
        if value is not None
    }


def require_json_text(value: object, what: str) -> str:
    """Return `value`. Raises `ValueError`, naming `what`, for anything but a valid Unicode text."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} contains a lone surrogate") from None
    return value
