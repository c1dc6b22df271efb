"""Outcomes of a capture, by the names that the hosted page and the control API use."""

from dataclasses import dataclass

from mobbscan_sandbox.gateway.process_states import ProcessState


@dataclass(frozen=True)
class Outcome:
    """The new state of a process, or the error that the hosted page reports."""

    name: str
    state: ProcessState
    error: str | None = None
    reason: str | None = None
    user_leaves: bool = False
    """The user leaves without finishing: no error, and the state stays."""


DECISIONS = {
    "passes": Outcome("passes", ProcessState.VERIFIED),
    "fails": Outcome("fails", ProcessState.NOT_VERIFIED, reason="Document expired"),
    "review": Outcome("review", ProcessState.PENDING_VERIFICATION),
    "validation": Outcome("validation", ProcessState.PENDING_VALIDATION),
}

# Contract 7.4; the spelling of the last one is a guess.
HOSTED_ERRORS = (
    "PermissionError",
    "HardwareError",
    "ConnectionError",
    "OnboardingError",
    "SupportError",
    "TimeoutError",
)

OUTCOMES = {
    **DECISIONS,
    "camera-denied": Outcome("camera-denied", ProcessState.ABORTED, error="PermissionError"),
    "abandon": Outcome("abandon", ProcessState.IN_PROGRESS, user_leaves=True),
    **{name: Outcome(name, ProcessState.ABORTED, error=name) for name in HOSTED_ERRORS},
}
