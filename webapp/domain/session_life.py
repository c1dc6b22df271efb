"""How long a user's login session lives: short while idle, longer while a process awaits the user.

A user may spend more than half an hour on the gateway's page, or look for their document, without
one request to this server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: The longest time without a request, and the longest life, of a session.
IDLE_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=8)
#: The longest life of any session. A process that awaits the user keeps it alive as long.
LONGEST_LIFE = timedelta(hours=24)
#: `via` of a session inside a frame of the host site: its id is a bearer, never a cookie.
EMBEDDED = "embed"
#: Its life: the frame asks the host site for another hand-off when it ends.
EMBEDDED_LIFE = timedelta(minutes=15)


@dataclass(frozen=True)
class SessionFacts:
    """What decides whether a session lives; times are aware UTC.

    `used_at`: the last request. `awaits_user`: the person has an onboarding whose status is in
    `AWAITING_USER`. `submitted_at`: when the person last finished one on the gateway's page.
    """

    created_at: datetime
    used_at: datetime
    awaits_user: bool = False
    submitted_at: datetime | None = None


def is_live(facts: SessionFacts, now: datetime) -> bool:
    """Return whether the session lives at `now` (aware UTC); revocation is not considered."""
    return now <= _end(facts)


def _end(facts: SessionFacts) -> datetime:
    longest = facts.created_at + LONGEST_LIFE
    if facts.awaits_user:
        return longest
    end = min(facts.used_at + IDLE_LIFE, facts.created_at + SESSION_LIFE)
    if facts.submitted_at is None:
        return end
    # The user comes back from the gateway's page: not idle, though without a request to us.
    return max(end, min(facts.submitted_at + IDLE_LIFE, longest))
