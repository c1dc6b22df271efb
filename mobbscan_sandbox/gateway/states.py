"""The states of one process (contract, section 6)."""

from enum import StrEnum


class State(StrEnum):
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
        return self in (State.VERIFIED, State.NOT_VERIFIED)

    @property
    def waiting(self) -> bool:
        """Whether somebody is still to decide."""
        return self in (State.PENDING_VALIDATION, State.PENDING_VERIFICATION)


_ANNOUNCED = frozenset(
    {State.PENDING_VALIDATION, State.PENDING_VERIFICATION, State.VERIFIED, State.NOT_VERIFIED}
)
