"""What the API answers of a user's data."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from webapp.journey.api_resources import DataResource
from webapp.web.api.output_models import ApiOutput, OnboardingBody

_DATE = "ISO 8601, or as the gateway writes it if that cannot be read."
_DATA_EXAMPLE: JsonValue = {
    "document": {
        **dict.fromkeys(
            (
                *("date_of_issuing", "address", "city", "region", "city_of_birth"),
                *("region_of_birth", "state_of_birth_name", "state_of_birth_iso_code"),
            )
        ),
        "document_type": "ESPIDCardV4",
        "personal_number": "00000000T",
        "document_number": "ZZZ000000",
        "name": "ALEX",
        "surname": "PRUEBA FICTICIA",
        "first_surname": "PRUEBA",
        "second_surname": "FICTICIA",
        "gender": "F",
        "nationality": "ESP",
        "issuing_state": "ESP",
        "date_of_birth": "1990-03-02",
        "date_of_expiry": "2031-03-02",
        "mrz": "IDESPZZZ0000003",
    },
    "validations": {"validationMRZ": "VALID"},
    "scores": {"face_matching": "0.91", "face_liveness": "0.97"},
    "extra_parameters": {"campaign": "autumn"},
    "decided_by": None,
    "raw": {"verificationResult": "PENDING_VALIDATION"},
}


class DocumentBody(ApiOutput):
    """The identity document. Null: the document has no such field, or the gateway shows none."""

    document_type: str | None
    personal_number: str | None
    document_number: str | None
    name: str | None
    surname: str | None
    first_surname: str | None
    second_surname: str | None
    gender: str | None
    nationality: str | None
    issuing_state: str | None
    date_of_issuing: str | None = Field(description=_DATE)
    date_of_birth: str | None = Field(description=_DATE)
    date_of_expiry: str | None = Field(description=_DATE)
    address: str | None
    city: str | None
    region: str | None
    city_of_birth: str | None
    region_of_birth: str | None
    state_of_birth_name: str | None
    state_of_birth_iso_code: str | None
    mrz: str | None


class ScoresBody(ApiOutput):
    """The gateway's scores as it writes them; the vendor states no scale."""

    face_matching: str | None
    face_liveness: str | None


class DataBody(ApiOutput):
    """A user's data, as the gateway shows it at this moment. This server stores none of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DATA_EXAMPLE]})

    document: DocumentBody
    validations: dict[str, Any] = Field(description="The gateway's checks, with its own words.")
    scores: ScoresBody
    extra_parameters: dict[str, Any]
    decided_by: str | None = Field(description="Who decided, as the gateway says.")
    raw: dict[str, Any] = Field(description="The gateway's whole answer; its members may change.")


class OnboardingWithDataBody(OnboardingBody):
    """One identity verification, with the user's data if it was asked for."""

    data: DataBody | None = Field(
        None,
        description="With `include=data` only; null while the gateway shows none, or none any"
        " more.",
    )


def data_body(resource: DataResource) -> dict[str, Any]:
    """Return the JSON object of a user's data."""
    return dict(vars(resource))
