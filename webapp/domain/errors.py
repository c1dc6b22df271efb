"""What a step may answer instead of a result.

StepError
├── NotFound                 unknown, malformed, or somebody else's: one answer for all three
├── Conflict                 impossible in the present status; carries it
├── HandoffNotAccepted       the host site's token is not good; carries code and fix
├── AnotherPersonSignedIn    a hand-off for somebody else meets a live session
├── LinkGone                 a one-time link that has been used or is too old
├── ReferenceTampered        a return reference we never made
├── ReferenceExpired         a return reference that was ours, too old
├── NoticeNotAuthentic       the required headers are missing or wrong
├── UnreadableNotice           a notice that cannot be read; carries why
├── GatewayUnavailable              not reachable, slow, or talking nonsense; carries when to try
again
│   └── GatewayMixedUp       it answered about another process; nothing of it was taken
├── GatewayForbidden         our account at the gateway lacks a right
└── NotWritable              the database cannot take anything just now
"""

from __future__ import annotations

from webapp.domain.onboarding import Status


class StepError(Exception):
    """Base of all answers of the journey that are not a result."""


class NotFound(StepError):
    """There is no such thing, or not for this person; the two look the same on purpose."""


class Conflict(StepError):
    """The step is impossible now; `status` says where the onboarding stands."""

    def __init__(self, status: Status, why: str = "") -> None:
        super().__init__(why or f"not possible while {status}")
        self.status = status


class HandoffNotAccepted(StepError):
    """`code` is a stable word, `fix` a sentence for the host site's developer.

    `site_id` is the site that the token claims to come from, proven or not.
    """

    def __init__(self, code: str, fix: str, site_id: str | None = None) -> None:
        super().__init__(f"hand-off not accepted ({code}): {fix}")
        self.code = code
        self.fix = fix
        self.site_id = site_id


class AnotherPersonSignedIn(StepError):
    """Names for the page that asks whom to go on as; never in the message."""

    def __init__(self, current_name: str, incoming_name: str, site_name: str) -> None:
        super().__init__("another person is signed in")
        self.current_name = current_name
        self.incoming_name = incoming_name
        self.site_name = site_name


class LinkGone(StepError):
    """The one-time link was good, and is no more."""


class ReferenceTampered(StepError):
    """The return reference does not carry our signature."""


class ReferenceExpired(StepError):
    """The return reference was ours and is too old."""


class NoticeNotAuthentic(StepError):
    """No set of the required headers came with the notice, or notices are switched off."""


class UnreadableNotice(StepError):
    """`why` names what is wrong with the body, never what is in it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class GatewayUnavailable(StepError):
    """`retry_after_seconds` is when it is worth trying again."""

    def __init__(self, retry_after_seconds: float = 10.0) -> None:
        super().__init__("the gateway cannot be asked just now")
        self.retry_after_seconds = retry_after_seconds


class GatewayMixedUp(GatewayUnavailable):
    """The gateway answered about another person's process: refused, and operators are told."""


class GatewayForbidden(StepError):
    """The gateway knows us and refuses: our account lacks a right (contract 3.8 to 3.11, 403)."""


class NotWritable(StepError):
    """Nothing was stored; the sender should try again."""
