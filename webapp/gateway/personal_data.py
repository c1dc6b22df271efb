"""The corrections a decision may carry: exactly the vendor's 20 keys. Contract 3.8, 4-C."""

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
"""Our name of each key, and the gateway's."""


def wire_personal_data(personal_data: Mapping[str, str | None] | None) -> dict[str, str]:
    """The object to send: only what is given, in the gateway's spelling; `{}` for nothing.

    Raises `ValueError` for a key that is not among the 20 or a value that is no text. Neither
    is repeated in the message.
    """
    given = {} if personal_data is None else personal_data
    if not given.keys() <= WIRE_NAMES.keys():
        raise ValueError("personal data holds a key the gateway does not know")
    return {
        WIRE_NAMES[name]: sendable_text(value, "personal data")
        for name, value in given.items()
        if value is not None
    }


def sendable_text(value: object, what: str) -> str:
    """The text itself. Raises `ValueError` for anything that cannot stand in a JSON body."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} holds half a character") from None
    return value
