"""The ways a capture can end, by the names the page and the control API use."""

from dataclasses import dataclass

from webapp.sandbox.gateway.states import State


@dataclass(frozen=True)
class Outcome:
    """Where a process goes, or which error the hosted page reports."""

    state: State
    error: str | None = None
    reason: str | None = None


DECISIONS = {
    "passes": Outcome(State.VERIFIED),
    "fails": Outcome(State.NOT_VERIFIED, reason="Document expired"),
    "review": Outcome(State.PENDING_VERIFICATION),
    "validation": Outcome(State.PENDING_VALIDATION),
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
    "camera-denied": Outcome(State.ABORTED, error="PermissionError"),
    **{name: Outcome(State.ABORTED, error=name) for name in HOSTED_ERRORS},
}
