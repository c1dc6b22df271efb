"""What the senders and the gateway know, held against the database as another tool reads it.

Nothing of ours is imported here: the meaning of the gateway's words is told once more, by hand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.faults.notice_load import Notice, Record

MEANS = {
    "PENDING_VALIDATION": "deciding",
    "PENDING_VERIFICATION": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
INBOX = "SELECT verification_id, status, times FROM inbox"
ONBOARDINGS = "SELECT id, status FROM onboardings"

Rows = Iterable[Mapping[str, Any]]


def missing(acknowledged: Counter[Notice], inbox: Rows) -> list[str]:
    """Acknowledged deliveries that nobody has counted."""
    counted: Counter[Notice] = Counter()
    for row in inbox:
        counted[row["verification_id"], row["status"]] += row["times"]
    return [f"{count} of {notice}" for notice, count in (acknowledged - counted).items()]


def too_much(record: Record, inbox: Rows) -> list[str]:
    """Second rows of one notice, and deliveries counted that nobody can have made."""
    rows = Counter((row["verification_id"], row["status"]) for row in inbox)
    found = [f"{count} rows of {notice}" for notice, count in rows.items() if count > 1]
    for row in inbox:
        notice = (row["verification_id"], row["status"])
        most = record.acknowledged[notice] + record.perhaps[notice]
        if row["times"] > most:
            found.append(f"{notice} counted {row['times']} times, sent {most} times")
    return found


def astray(gateway_says: Mapping[str, str], onboardings: Rows) -> dict[str, tuple[str, str]]:
    """Onboardings that are not where the gateway has them: what it says, and where they are."""
    stand = {row["id"]: row["status"] for row in onboardings}
    return {
        each: (word, stand.get(each, "nowhere"))
        for each, word in gateway_says.items()
        if stand.get(each) != MEANS[word]
    }
