"""What the API accepts: bodies and queries. An unknown field is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from webapp.config.sites import COUNTRIES
from webapp.domain.onboarding import Status
from webapp.domain.onboarding_inputs import RESERVED_EXTRA_DATA
from webapp.domain.reasons import ReasonCode
from webapp.web.api import field_types as types
from webapp.web.api.field_types import NotAcceptable

MAX_LIMIT, DEFAULT_LIMIT = 100, 20
_COUNTRIES = sorted(COUNTRIES)


class ApiInput(BaseModel):
    """Strict, without unknown fields; its errors leave the input out."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _country(code: str) -> str:
    if code not in _COUNTRIES:
        raise NotAcceptable("must be a country of ISO 3166-1 alpha-3, such as ESP")
    return code


def _extra_data(given: dict[str, str]) -> dict[str, str]:
    if reserved := sorted(RESERVED_EXTRA_DATA & given.keys()):
        raise NotAcceptable(
            f"must not have the keys {' and '.join(reserved)}: this server sets them"
        )
    return given


Country = Annotated[
    str, AfterValidator(_country), WithJsonSchema({"type": "string", "enum": _COUNTRIES})
]
Nationality = Country


class Expected(ApiInput):
    """What you know about your user. It is compared with the document and never returned."""

    name: types.text(1, 255) | None = None  # type: ignore[valid-type]
    first_surname: types.text(1, 255) | None = None  # type: ignore[valid-type]
    surname: types.text(1, 255) | None = None  # type: ignore[valid-type]
    date_of_birth: types.IsoDate | None = None
    document_number: types.text(1, 64) | None = None  # type: ignore[valid-type]
    nationality: Nationality | None = None


class CreateBody(ApiInput):
    """The user to verify; all options but `subject` have defaults in the flow."""

    subject: types.Subject = Field(
        description="Your own stable id of the user.", examples=["user-4711"]
    )
    flow: types.word("[a-z0-9][a-z0-9-]{0,62}", "default") | None = Field(  # type: ignore[valid-type]
        None, description="A flow of your site; needed if none is the default."
    )
    mode: Literal["iframe", "redirect"] | None = None
    country: Country | None = Field(None, description="ISO 3166-1 alpha-3.")
    document_type: Literal["IDCard", "Passport", "DrivingLicense"] | None = None
    document_specific_type: types.word("[A-Za-z0-9_]{1,64}", "ESPIDCardV4") | None = Field(  # type: ignore[valid-type]
        None, description="Excludes `document_type`."
    )
    return_url: types.text(1, 2048) | None = Field(  # type: ignore[valid-type]
        None, description="Where the user goes afterwards: an address that `return_urls` allows."
    )
    locale: types.word("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "es-ES") | None = Field(  # type: ignore[valid-type]
        None, description="The language of the pages, as a BCP 47 tag."
    )
    metadata: types.Metadata | None = Field(
        None, description="Yours: returned with the onboarding and its messages, sent nowhere else."
    )
    extra_data: Annotated[types.ExtraData, AfterValidator(_extra_data)] | None = Field(
        None, description="Passed on to the gateway."
    )
    expected: Expected | None = None


class PersonalData(ApiInput):
    """Corrections: the fields to change, as the document has them. They are never returned."""

    address: types.text(1, 500) | None = None  # type: ignore[valid-type]
    city: types.text(1, 255) | None = None  # type: ignore[valid-type]
    city_of_birth: types.text(1, 255) | None = None  # type: ignore[valid-type]
    country: types.text(1, 255) | None = None  # type: ignore[valid-type]
    country_document_type: types.text(1, 255) | None = None  # type: ignore[valid-type]
    curp: types.text(1, 64) | None = None  # type: ignore[valid-type]
    date_of_birth: types.IsoDate | None = None
    date_of_expiry: types.IsoDate | None = None
    document_number: types.text(1, 64) | None = None  # type: ignore[valid-type]
    gender: types.text(1, 64) | None = None  # type: ignore[valid-type]
    mrz: types.text(1, 255) | None = None  # type: ignore[valid-type]
    name: types.text(1, 255) | None = None  # type: ignore[valid-type]
    personal_number: types.text(1, 64) | None = None  # type: ignore[valid-type]
    post_code: types.text(1, 64) | None = None  # type: ignore[valid-type]
    region: types.text(1, 255) | None = None  # type: ignore[valid-type]
    region_of_birth: types.text(1, 255) | None = None  # type: ignore[valid-type]
    first_surname: types.text(1, 255) | None = None  # type: ignore[valid-type]
    second_surname: types.text(1, 255) | None = None  # type: ignore[valid-type]
    state_of_birth: types.text(1, 255) | None = None  # type: ignore[valid-type]
    surname: types.text(1, 255) | None = None  # type: ignore[valid-type]


_VERSION = Field(
    None,
    ge=1,
    le=2**31 - 1,
    description="The `version` of the onboarding that you have decided on: 409 `case_changed` if it"
    " is another one by now.",
)
_PERSONAL_DATA = Field(
    None, description="Corrections of the user's data; they need the scope `data` too."
)


class AcceptBody(ApiInput):
    """An acceptance, which is final."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"personal_data": {"date_of_birth": "1990-12-31"}, "version": 4}]
        }
    )

    personal_data: PersonalData | None = _PERSONAL_DATA
    version: int | None = _VERSION

    def corrections(self) -> dict[str, str]:
        """Return the fields to change."""
        return self.personal_data.model_dump(exclude_none=True) if self.personal_data else {}


class ReviewBody(AcceptBody):
    """A hand-over to the vendor's reviewers."""


class RejectBody(ApiInput):
    """A rejection, which is final."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"comment": "The photo is not hers.", "reason": "face_mismatch"}]
        }
    )

    comment: types.text(1, 1000) = Field(  # type: ignore[valid-type]
        description="For operators and the vendor; the user never sees it."
    )
    reason: Annotated[ReasonCode, Field(strict=False)] | None = Field(
        None, description="The user reads its text; without one that of `other`."
    )
    version: int | None = _VERSION


class EmptyBody(ApiInput):
    """No field is known: send nothing, or an empty object."""


def _digits(value: Any) -> Any:
    """A query holds texts only."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _limit(value: int) -> int:
    if not 1 <= value <= MAX_LIMIT:
        raise NotAcceptable(f"must be a whole number from 1 to {MAX_LIMIT}")
    return value


Limit = Annotated[
    int,
    BeforeValidator(_digits),
    AfterValidator(_limit),
    WithJsonSchema(
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    ),
]


class ListQuery(ApiInput):
    """A page of onboardings, in the order of their last change."""

    subject: types.Subject | None = None
    status: Annotated[Status, Field(strict=False)] | None = None
    changed_after: str | None = Field(
        None,
        description="The `next_cursor` of an earlier listing, or an RFC 3339 time to begin with:"
        " rows may repeat then, and none is missing.",
    )
    cursor: str | None = Field(None, description="The `next_cursor` of the page before.")
    limit: Limit = DEFAULT_LIMIT


class SubjectQuery(ApiInput):
    """Which of the user's onboardings count."""

    flow: str | None = Field(None, description="Count onboardings of this flow only.")


class OnboardingQuery(ApiInput):
    """What the answer contains."""

    include: Literal["data"] | None = Field(
        None, description="`data` adds the user's data; it needs the scope `data` too."
    )


class NoQuery(ApiInput):
    """No parameter is known."""


class MessagesQuery(ApiInput):
    """A page of messages, in the order of their numbers."""

    after: str | None = Field(None, description="The `next_cursor` of the page before.")
    limit: Limit = DEFAULT_LIMIT
