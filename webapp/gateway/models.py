"""Request and response models of the gateway: strict when sent, lenient when read. Contract 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel

from webapp.gateway.identity_document import IdentityDocument, LenientText
from webapp.gateway.lenient import (
    EvidenceLink,
    object_or_empty,
    parse_evidence_links,
    parse_pairs,
    text_or_none,
)
from webapp.gateway.process_ids import canonical_id
from webapp.gateway.timestamps import parse_timestamps

Members = dict[str, Any]
#: Key of the validation context with the zone of times that state none; default UTC.
TIME_ZONE = "time_zone"


def _times(value: object, info: ValidationInfo) -> tuple[datetime, ...]:
    zone: tzinfo = (info.context or {}).get(TIME_ZONE, UTC)
    return parse_timestamps(value, zone)


Text = Annotated[str | None, BeforeValidator(text_or_none)]
Times = Annotated[tuple[datetime, ...], BeforeValidator(_times)]
Links = Annotated[tuple[EvidenceLink, ...], BeforeValidator(parse_evidence_links)]


@dataclass(frozen=True)
class CreateRequest:
    """Parameters of a new process. Raises `ValueError` for what the gateway would refuse.

    `scan_id` is a UUID that we choose. The user's browser returns to `redirect_url`. `extra_data`
    maps strings to strings. All document parameters that are given are sent; which of them wins
    when they disagree is unknown. Contract 3.1, 4-L.
    """

    scan_id: str
    redirect_url: str | None = field(default=None, repr=False)
    country_id: str | None = None
    doc_type: str | None = None
    doc_specific_type: str | None = None
    extra_data: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Check the values before the gateway does."""
        canonical_id(self.scan_id)
        pairs = self.extra_data.items()
        if not all(isinstance(text, str) for pair in pairs for text in pair):
            raise ValueError("extra_data must map strings to strings")

    def body(self) -> dict[str, Any]:
        """Return the JSON body: documented keys only, without empty ones."""
        members = {
            "scanId": canonical_id(self.scan_id),
            "redirectUrl": self.redirect_url,
            "countryId": self.country_id,
            "docType": self.doc_type,
            "docSpecificType": self.doc_specific_type,
            "verificationExtraData": dict(self.extra_data),
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class CreatedProcess:
    """A process that the gateway has created; `url` is for its user alone. Contract 3.1."""

    scan_id: str
    onboarding_token: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True)
class Acknowledgement:
    """The response to a decision or a deletion, kept for the audit only.

    Its values are unreliable: in the vendor's samples a call that sends to review is answered
    "accepted". Contract 3.8 to 3.11, 4-J, 4-K.
    """

    status: str | None
    description: str | None = field(repr=False)
    raw: dict[str, Any] = field(repr=False)
    http_status: int = 200


class ProcessData(BaseModel):
    """The data of a process; every field may be missing. Contract 3.2.

    Times are aware UTC: what the gateway's text may mean, empty where it is unreadable
    (`timestamps.parse_timestamps`). Scores have the gateway's scale. `scan_id` is the requested
    id. `raw` is the whole response. The repr shows the id and the result, and no personal data.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", hide_input_in_errors=True, alias_generator=to_camel
    )

    scan_id: str
    verification_result: Text = None
    license_id: LenientText = None
    agent: Text = None
    rejection_reason: Text = None
    comment: Text = None
    creation_times: Times = Field((), alias="creationTime")
    verification_times: Times = Field((), alias="verificationTime")
    document: Annotated[Members, BeforeValidator(object_or_empty)] = Field(default_factory=dict)
    validations: Annotated[Members, BeforeValidator(object_or_empty)] = Field(default_factory=dict)
    extra_parameters: Annotated[Members, BeforeValidator(parse_pairs)] = Field(default_factory=dict)
    images: Links = ()
    extra_images: Links = ()
    recordings: Links = ()
    pdf_url: Text = None
    pdf_checksum: LenientText = None
    client_info: Any = None
    certificated_zip_url: Text = None
    raw: Members

    @property
    def other_scan_id(self) -> str | None:
        """The response's `scanId` if it is another UUID than the requested id, or None."""
        try:
            stated = canonical_id(self.raw.get("scanId"))
        except ValueError:
            return None
        return None if stated == self.scan_id else stated

    @property
    def creation_time(self) -> datetime | None:
        """The first meaning of `creationTime`, or None."""
        return next(iter(self.creation_times), None)

    @property
    def verification_time(self) -> datetime | None:
        """The first meaning of `verificationTime`, or None."""
        return next(iter(self.verification_times), None)

    @property
    def identity_document(self) -> IdentityDocument:
        """Return `document`, field by field."""
        return IdentityDocument.model_validate(self.document)

    @property
    def face_matching_score(self) -> float | None:
        """The document's `facialMatchingScore` as a number, not rescaled. Contract 9.3."""
        return self.identity_document.face_matching_score

    @property
    def face_liveness_score(self) -> float | None:
        """The document's `facialLivenessScore` as a number, not rescaled. Contract 9.3."""
        return self.identity_document.face_liveness_score

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show these two fields: all others may be personal data."""
        yield "scan_id", self.scan_id
        yield "verification_result", self.verification_result
