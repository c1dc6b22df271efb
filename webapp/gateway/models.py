"""What goes to the gateway (strictly) and what comes back (tolerantly). Contract 3.1, 3.2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from webapp.gateway.documents import IdentityDocument, Word
from webapp.gateway.identifiers import canonical_id
from webapp.gateway.lenient import (
    EvidenceAddress,
    evidence_of,
    mapping_of,
    pairs_of,
    word_of,
)
from webapp.gateway.timestamps import moment_of


@dataclass(frozen=True)
class CreateRequest:
    """A new process under our own id. Raises `ValueError` for what the gateway would refuse.

    `redirect_url` is where the user's browser comes back to; `extra_data` is string to string.
    `doc_specific_type` replaces country and type, which are then not sent. Contract 3.1, 4-L.
    """

    scan_id: str
    redirect_url: str | None = field(default=None, repr=False)
    country_id: str | None = None
    doc_type: str | None = None
    doc_specific_type: str | None = None
    extra_data: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Complain here rather than at the gateway."""
        canonical_id(self.scan_id)
        pairs = self.extra_data.items()
        if not all(isinstance(text, str) for pair in pairs for text in pair):
            raise ValueError("extra_data must map strings to strings")

    def body(self) -> dict[str, Any]:
        """The JSON body: documented keys only, absent ones left out."""
        narrow = self.doc_specific_type is None
        members = {
            "scanId": canonical_id(self.scan_id),
            "redirectUrl": self.redirect_url,
            "countryId": self.country_id if narrow else None,
            "docType": self.doc_type if narrow else None,
            "docSpecificType": self.doc_specific_type,
            "verificationExtraData": dict(self.extra_data),
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class CreatedProcess:
    """A process the gateway has opened; the address is for its owner alone. Contract 3.1."""

    scan_id: str
    onboarding_token: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True)
class Acknowledgement:
    """What the gateway says to a decision or a deletion: words nobody relies on.

    For the audit as they are; the vendor's own samples say "accepted" to a call that sends to
    review. Contract 3.8 to 3.11, 4-J, 4-K.
    """

    status: str | None
    description: str | None = field(repr=False)
    raw: dict[str, Any] = field(repr=False)


class ProcessData(BaseModel):
    """What the gateway knows of a process; every field may be missing. Contract 3.2.

    Moments are aware UTC; scores are on whatever scale the gateway uses. `raw` is the whole
    answer as it came. Its repr shows the id and the result, nothing of the person.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    scan_id: str
    verification_result: Annotated[
        str | None, BeforeValidator(word_of), Field(alias="verificationResult")
    ] = None
    license_id: Annotated[Word, Field(alias="licenseId")] = None
    agent: Annotated[str | None, BeforeValidator(word_of)] = None
    rejection_reason: Annotated[
        str | None, BeforeValidator(word_of), Field(alias="rejectionReason")
    ] = None
    comment: Annotated[str | None, BeforeValidator(word_of)] = None
    creation_time: Annotated[
        datetime | None, BeforeValidator(moment_of), Field(alias="creationTime")
    ] = None
    verification_time: Annotated[
        datetime | None, BeforeValidator(moment_of), Field(alias="verificationTime")
    ] = None
    document: Annotated[dict[str, Any], BeforeValidator(mapping_of)] = Field(default_factory=dict)
    validations: Annotated[dict[str, Any], BeforeValidator(mapping_of)] = Field(
        default_factory=dict
    )
    extra_parameters: Annotated[
        dict[str, Any], BeforeValidator(pairs_of), Field(alias="extraParameters")
    ] = Field(default_factory=dict)
    images: Annotated[tuple[EvidenceAddress, ...], BeforeValidator(evidence_of)] = ()
    extra_images: Annotated[
        tuple[EvidenceAddress, ...], BeforeValidator(evidence_of), Field(alias="extraImages")
    ] = ()
    recordings: Annotated[tuple[EvidenceAddress, ...], BeforeValidator(evidence_of)] = ()
    pdf_url: Annotated[str | None, BeforeValidator(word_of), Field(alias="pdfUrl")] = None
    pdf_checksum: Annotated[Word, Field(alias="pdfChecksum")] = None
    client_info: Annotated[Any, Field(alias="clientInfo")] = None
    certificated_zip_url: Annotated[
        str | None, BeforeValidator(word_of), Field(alias="certificatedZipUrl")
    ] = None
    raw: dict[str, Any]

    @property
    def identity_document(self) -> IdentityDocument:
        """`document`, field by field."""
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
        """Everything but these two may be personal."""
        yield "scan_id", self.scan_id
        yield "verification_result", self.verification_result
