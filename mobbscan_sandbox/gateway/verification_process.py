"""One verification process: its state, its person, its history."""

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
    """Held in memory; `--state FILE` keeps it over a restart."""

    wanted: CreateRequest
    created_at: datetime
    id: str = ""
    tenant: str = DEFAULT
    return_url: str | None = None
    onboarding_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: ProcessState = ProcessState.CREATED
    document: dict[str, str | None] = field(default_factory=dict)
    captured: dict[str, str | None] = field(default_factory=dict)
    """The document as it was "read", before anybody corrected it: what the pictures show."""
    hidden_data: dict[str, str] = field(default_factory=dict)
    """The five keys of `personalData` for which process data has no place."""
    chosen_document: str | None = None
    uploads: int = 0
    agent: str | None = None
    comment: str | None = None
    rejection_reason: str | None = None
    decided_at: datetime | None = None
    video_at: datetime | None = None
    """When the recording could be fetched; `None` while it cannot."""
    left_at: datetime | None = None
    """When the user last closed the page or left it without finishing."""
    last_error: str | None = None
    planned: str | None = None
    """An outcome that will follow after `decide_after_ms`."""
    planned_reason: str | None = None
    history: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.history:
            return  # read back from a file
        self.id = self.wanted.scan_id or str(uuid.uuid4())
        self.document = dict.fromkeys(DOCUMENT_KEYS)
        self._remember(self.created_at, "integrator")

    @property
    def kind(self) -> str:
        """Which of the three kinds of document it is about."""
        return self.wanted.document_kind or self.chosen_document or "IDCard"

    @property
    def redirect_url(self) -> str | None:
        """Where the browser goes at the end: as the create call, or else the customer, has it."""
        return self.wanted.redirect_url or self.return_url

    def move(self, state: ProcessState, at: datetime, by: str, reason: str | None = None) -> None:
        """Go to `state`, whatever the present one: who may do so is decided elsewhere."""
        self.state = state
        self.agent = by if state.final else None
        self.decided_at = at if state.final else None
        self.rejection_reason = reason if state is ProcessState.NOT_VERIFIED else None
        if state.announced and not self.captured:
            self.captured = specimen_document(self.wanted, self.kind)
            self.document.update(self.captured)
        self._remember(at, by)

    def leave(self, at: datetime) -> None:
        """The user goes without finishing; the state stays what it was."""
        self.left_at = at
        self._remember(at, "user left")

    def correct(self, personal_data: dict[str, str]) -> None:
        """Apply corrections of a person's data, those without a place on the document too."""
        for key, value in personal_data.items():
            if key in self.document:
                self.document[key] = value
            else:
                self.hidden_data[key] = value

    def _remember(self, at: datetime, by: str) -> None:
        self.history.append({"at": format_time(at), "state": self.state.value, "by": by})

    def control_view(self) -> dict[str, Any]:
        """Return what the control page and the control API show."""
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
            "country_id": self.wanted.country_id,
            "doc_type": self.wanted.doc_type,
            "doc_specific_type": self.wanted.doc_specific_type,
            "chosen_document": self.chosen_document,
            "redirect_url": self.redirect_url,
            "extra_data": self.wanted.extra_data,
            "hidden_data": self.hidden_data,
            "document": self.document,
            "uploads": self.uploads,
            "history": self.history,
        }
