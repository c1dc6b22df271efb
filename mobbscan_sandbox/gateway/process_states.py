"""The states of a verification process (contract, section 6)."""

from enum import StrEnum


class ProcessState(StrEnum):
    """State of a process; the vendor has no word for the first two and the last."""

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING_VALIDATION = "PENDING_VALIDATION"
    PENDING_VERIFICATION = "PENDING_VERIFICATION"
    VERIFIED = "VERIFIED"
    NOT_VERIFIED = "NOT_VERIFIED"
    ABORTED = "ABORTED"

    @property
    def announced(self) -> bool:
        """Whether the vendor has a word for it, in process data and notices."""
        return self in _ANNOUNCED

    @property
    def final(self) -> bool:
        """Whether it is decided."""
        return self in (ProcessState.VERIFIED, ProcessState.NOT_VERIFIED)

    @property
    def waiting(self) -> bool:
        """Whether a decision is still open."""
        return self in (ProcessState.PENDING_VALIDATION, ProcessState.PENDING_VERIFICATION)


_ANNOUNCED = frozenset(
    {
        ProcessState.PENDING_VALIDATION,
        ProcessState.PENDING_VERIFICATION,
        ProcessState.VERIFIED,
        ProcessState.NOT_VERIFIED,
    }
)
