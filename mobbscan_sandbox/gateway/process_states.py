"""The states of one process (contract, section 6)."""

from enum import StrEnum


class ProcessState(StrEnum):
    """The first two and the last are names of ours: the vendor has none for them."""

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING_VALIDATION = "PENDING_VALIDATION"
    PENDING_VERIFICATION = "PENDING_VERIFICATION"
    VERIFIED = "VERIFIED"
    NOT_VERIFIED = "NOT_VERIFIED"
    ABORTED = "ABORTED"

    @property
    def announced(self) -> bool:
        """Whether the gateway has a word for it: shown in process data, told by a notice."""
        return self in _ANNOUNCED

    @property
    def final(self) -> bool:
        """Whether it is decided."""
        return self in (ProcessState.VERIFIED, ProcessState.NOT_VERIFIED)

    @property
    def waiting(self) -> bool:
        """Whether somebody is still to decide."""
        return self in (ProcessState.PENDING_VALIDATION, ProcessState.PENDING_VERIFICATION)


_ANNOUNCED = frozenset(
    {
        ProcessState.PENDING_VALIDATION,
        ProcessState.PENDING_VERIFICATION,
        ProcessState.VERIFIED,
        ProcessState.NOT_VERIFIED,
    }
)
