"""One verification process: state, document data and history."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobbscan_sandbox.gateway.clock import format_time
from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.specimen_data import DOCUMENT_KEYS, specimen_document
from mobbscan_sandbox.gateway.tenants import DEFAULT


@dataclass
class VerificationProcess:
    """One process from its creation to its deletion."""

    request: CreateRequest
    created_at: datetime
    id: str = ""
    tenant: str = DEFAULT
    return_url: str | None = None
    onboarding_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: ProcessState = ProcessState.CREATED
    document: dict[str, str | None] = field(default_factory=dict)
    captured: dict[str, str | None] = field(default_factory=dict)
    """The document data as captured, before corrections; the images show it."""
    captured_at: datetime | None = None
    language: str | None = None
    """The language of the hosted page; `None` until it is chosen or opened."""
    hidden_data: dict[str, str] = field(default_factory=dict)
    """The five keys of `personalData` that process data does not have."""
    chosen_document: str | None = None
    uploads: int = 0
    agent: str | None = None
    comment: str | None = None
    rejection_reason: str | None = None
    decided_at: datetime | None = None
    video_at: datetime | None = None
    """When the recording became available; `None` before."""
    left_at: datetime | None = None
    """When the user last closed the page without finishing."""
    last_error: str | None = None
    delayed_outcome: str | None = None
    """The outcome that is applied after `decide_after_ms`."""
    delayed_reason: str | None = None
    history: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.history:
            return  # restored from the state file
        self.id = self.request.scan_id or str(uuid.uuid4())
        self.document = dict.fromkeys(DOCUMENT_KEYS)
        self.language = self.request.language
        self._add_history(self.created_at, "integrator")

    @property
    def kind(self) -> str:
        """The kind of document, one of three."""
        return self.request.document_kind or self.chosen_document or "IDCard"

    @property
    def redirect_url(self) -> str | None:
        """The redirect target at the end: of the create call, or else of the tenant."""
        return self.request.redirect_url or self.return_url

    def move(self, state: ProcessState, at: datetime, by: str, reason: str | None = None) -> None:
        """Set the state from any state; callers check what is allowed."""
        self.state = state
        self.agent = by if state.final else None
        self.decided_at = at if state.final else None
        self.rejection_reason = reason if state is ProcessState.NOT_VERIFIED else None
        if state.announced and not self.captured:
            self.captured = specimen_document(self.request, self.kind)
            self.captured_at = at
            self.document.update(self.captured)
        self._add_history(at, by)

    def leave(self, at: datetime) -> None:
        """Record that the user leaves without finishing; the state stays."""
        self.left_at = at
        self._add_history(at, "user left")

    def correct(self, personal_data: dict[str, str]) -> None:
        """Apply `personalData` corrections; keys without a document field go to `hidden_data`."""
        for key, value in personal_data.items():
            if key in self.document:
                self.document[key] = value
            else:
                self.hidden_data[key] = value

    def _add_history(self, at: datetime, by: str) -> None:
        self.history.append({"at": format_time(at), "state": self.state.value, "by": by})

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API."""
        return {
            "id": self.id,
            "tenant": self.tenant,
            "state": self.state.value,
            "onboarding_token": self.onboarding_token,
            "created_at": format_time(self.created_at),
            "decided_at": format_time(self.decided_at),
            "decided_by": self.agent,
            "comment": self.comment,
            "rejection_reason": self.rejection_reason,
            "video_at": format_time(self.video_at),
            "left_at": format_time(self.left_at),
            "last_error": self.last_error,
            "country_id": self.request.country_id,
            "doc_type": self.request.doc_type,
            "doc_specific_type": self.request.doc_specific_type,
            "chosen_document": self.chosen_document,
            "captured_at": format_time(self.captured_at),
            "language": self.language,
            "redirect_url": self.redirect_url,
            "extra_data": self.request.extra_data,
            "hidden_data": self.hidden_data,
            "document": self.document,
            "uploads": self.uploads,
            "history": self.history,
        }
