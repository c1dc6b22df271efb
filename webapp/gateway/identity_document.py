"""The identity document of a process: 23 text fields, with dates and scores. Contract 3.2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from webapp.gateway.lenient import parse_number, text_from_scalar
from webapp.gateway.timestamps import parse_date

LenientText = Annotated[str | None, BeforeValidator(text_from_scalar)]


class IdentityDocument(BaseModel):
    """Each field as the gateway wrote it, or None; keeps extra keys. Its repr is empty."""

    model_config = ConfigDict(
        frozen=True, extra="allow", hide_input_in_errors=True, alias_generator=to_camel
    )

    document_type: LenientText = None
    personal_number: LenientText = None
    document_number: LenientText = None
    name: LenientText = None
    surname: LenientText = None
    first_surname: LenientText = None
    second_surname: LenientText = None
    gender: LenientText = None
    nationality: LenientText = None
    issuing_state: LenientText = None
    date_of_issuing: LenientText = None
    date_of_birth: LenientText = None
    date_of_expiry: LenientText = None
    address: LenientText = None
    city: LenientText = None
    region: LenientText = None
    city_of_birth: LenientText = None
    region_of_birth: LenientText = None
    state_of_birth_name: LenientText = None
    state_of_birth_iso_code: LenientText = None
    facial_matching_score: LenientText = None
    facial_liveness_score: LenientText = None
    mrz: LenientText = None

    @property
    def issued_on(self) -> date | None:
        """`dateOfIssuing` as a date, None when it is unreadable."""
        return parse_date(self.date_of_issuing)

    @property
    def born_on(self) -> date | None:
        """`dateOfBirth` as a date, None when it is unreadable."""
        return parse_date(self.date_of_birth)

    @property
    def expires_on(self) -> date | None:
        """`dateOfExpiry` as a date, None when it is unreadable."""
        return parse_date(self.date_of_expiry)

    @property
    def face_matching_score(self) -> float | None:
        """`facialMatchingScore` as a number, on the gateway's own scale. Contract 9.3."""
        return parse_number(self.facial_matching_score)

    @property
    def face_liveness_score(self) -> float | None:
        """`facialLivenessScore` as a number, on the gateway's own scale. Contract 9.3."""
        return parse_number(self.facial_liveness_score)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show nothing: all of it is personal data."""
        yield from ()
