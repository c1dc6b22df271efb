"""The person and the document as the gateway read them: 23 fields, all texts. Contract 3.2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from webapp.gateway.lenient import as_word, number_of
from webapp.gateway.timestamps import day_of

Word = Annotated[str | None, BeforeValidator(as_word)]


class IdentityDocument(BaseModel):
    """Each field as the gateway wrote it, None where it wrote nothing; extra keys are kept.

    Its repr shows nothing of the person.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", hide_input_in_errors=True, alias_generator=to_camel
    )

    document_type: Word = None
    personal_number: Word = None
    document_number: Word = None
    name: Word = None
    surname: Word = None
    first_surname: Word = None
    second_surname: Word = None
    gender: Word = None
    nationality: Word = None
    issuing_state: Word = None
    date_of_issuing: Word = None
    date_of_birth: Word = None
    date_of_expiry: Word = None
    address: Word = None
    city: Word = None
    region: Word = None
    city_of_birth: Word = None
    region_of_birth: Word = None
    state_of_birth_name: Word = None
    state_of_birth_iso_code: Word = None
    facial_matching_score: Word = None
    facial_liveness_score: Word = None
    mrz: Word = None

    @property
    def issued_on(self) -> date | None:
        """`dateOfIssuing` as a day, None when it cannot be read as one."""
        return day_of(self.date_of_issuing)

    @property
    def born_on(self) -> date | None:
        """`dateOfBirth` as a day, None when it cannot be read as one."""
        return day_of(self.date_of_birth)

    @property
    def expires_on(self) -> date | None:
        """`dateOfExpiry` as a day, None when it cannot be read as one."""
        return day_of(self.date_of_expiry)

    @property
    def face_matching_score(self) -> float | None:
        """`facialMatchingScore` as a number, on the gateway's own scale. Contract 9.3."""
        return number_of(self.facial_matching_score)

    @property
    def face_liveness_score(self) -> float | None:
        """`facialLivenessScore` as a number, on the gateway's own scale. Contract 9.3."""
        return number_of(self.facial_liveness_score)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """All of it is personal."""
        yield from ()
