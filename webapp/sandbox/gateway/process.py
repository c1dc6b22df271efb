"""One verification process and what it shows to whom."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.sandbox.gateway.clock import written
from webapp.sandbox.gateway.specimen import DOCUMENT_KEYS, specimen_document, specimen_validations
from webapp.sandbox.gateway.states import State
from webapp.sandbox.gateway.wanted import Wanted


@dataclass
class Process:
    """Held in memory for as long as the gateway in a box runs."""

    wanted: Wanted
    created_at: datetime
    id: str = ""
    onboarding_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = State.CREATED
    document: dict[str, str | None] = field(default_factory=dict)
    hidden_data: dict[str, str] = field(default_factory=dict)
    """The five keys of `personalData` for which process data has no place."""
    chosen_document: str | None = None
    uploads: int = 0
    agent: str | None = None
    rejection_reason: str | None = None
    decided_at: datetime | None = None
    last_error: str | None = None
    history: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.wanted.scan_id or str(uuid.uuid4())
        self.document = dict.fromkeys(DOCUMENT_KEYS)
        self._remember(self.created_at, "integrator")

    def move(self, state: State, at: datetime, by: str, reason: str | None = None) -> None:
        """Go to `state`, whatever the present one: who may do so is decided elsewhere."""
        self.state = state
        self.agent = by if state.final else None
        self.decided_at = at if state.final else None
        self.rejection_reason = reason if state is State.NOT_VERIFIED else None
        if state.announced and self.document["name"] is None:
            self.document.update(specimen_document(self.wanted, self.chosen_document))
        self._remember(at, by)

    def correct(self, personal_data: dict[str, str]) -> None:
        """Apply corrections of a person's data, those without a place on the document too."""
        for key, value in personal_data.items():
            if key in self.document:
                self.document[key] = value
            else:
                self.hidden_data[key] = value

    def _remember(self, at: datetime, by: str) -> None:
        self.history.append({"at": written(at), "state": self.state.value, "by": by})

    def process_data(self) -> dict[str, Any]:
        """Return what `getVerificationProcessData` answers (contract 3.2)."""
        known = self.state.announced
        return {
            "scanId": self.id,
            "verificationResult": self.state.value if known else None,
            "licenseId": "LIC-SANDBOX",
            "agent": self.agent,
            "document": self.document,
            "images": [],
            "recordings": [],
            "extraParameters": [
                {"name": name, "value": value} for name, value in self.wanted.extra_data.items()
            ],
            "extraImages": [],
            "validations": specimen_validations(self.state),
            "pdfUrl": None,
            "pdfChecksum": None,
            "rejectionReason": self.rejection_reason,
            "comment": None,
            "creationTime": written(self.created_at),
            "verificationTime": written(self.decided_at),
            "clientInfo": None,
            "certificatedZipUrl": None,
        }

    def control_view(self) -> dict[str, Any]:
        """Return what the control page and the control API show."""
        return {
            "id": self.id,
            "state": self.state.value,
            "onboarding_token": self.onboarding_token,
            "created_at": written(self.created_at),
            "decided_at": written(self.decided_at),
            "decided_by": self.agent,
            "rejection_reason": self.rejection_reason,
            "last_error": self.last_error,
            "country_id": self.wanted.country_id,
            "doc_type": self.wanted.doc_type,
            "doc_specific_type": self.wanted.doc_specific_type,
            "chosen_document": self.chosen_document,
            "redirect_url": self.wanted.redirect_url,
            "extra_data": self.wanted.extra_data,
            "hidden_data": self.hidden_data,
            "document": self.document,
            "uploads": self.uploads,
            "history": self.history,
        }
