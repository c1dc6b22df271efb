"""Compares the senders' records and the gateway's states with the rows of the database.

Imports nothing of the product: the meaning of the gateway's words is repeated here by hand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.faults.notice_load import DeliveryRecord, Notice

STATUS_OF_WORD = {
    "PENDING_VALIDATION": "deciding",
    "PENDING_VERIFICATION": "in_review",
    "VERIFIED": "verified",
    "NOT_VERIFIED": "rejected",
}
SELECT_INBOX = "SELECT verification_id, status, times FROM inbox"
SELECT_ONBOARDINGS = "SELECT id, status FROM onboardings"

Rows = Iterable[Mapping[str, Any]]


def missing_notices(acknowledged: Counter[Notice], inbox: Rows) -> list[str]:
    """Return the acknowledged deliveries that the inbox does not count."""
    counted: Counter[Notice] = Counter()
    for row in inbox:
        counted[row["verification_id"], row["status"]] += row["times"]
    return [f"{count} of {notice}" for notice, count in (acknowledged - counted).items()]


def surplus_notices(record: DeliveryRecord, inbox: Rows) -> list[str]:
    """Return notices with more than one row, or counted more often than they were sent."""
    rows = Counter((row["verification_id"], row["status"]) for row in inbox)
    found = [f"{count} rows of {notice}" for notice, count in rows.items() if count > 1]
    for row in inbox:
        notice = (row["verification_id"], row["status"])
        limit = record.acknowledged[notice] + record.unconfirmed[notice]
        if row["times"] > limit:
            found.append(f"{notice} counted {row['times']} times, sent {limit} times")
    return found


def status_mismatches(
    gateway_states: Mapping[str, str], onboardings: Rows
) -> dict[str, tuple[str, str]]:
    """Return (state at the gateway, status in the database) of each onboarding that differs."""
    stored = {row["id"]: row["status"] for row in onboardings}
    return {
        each: (word, stored.get(each, "missing"))
        for each, word in gateway_states.items()
        if stored.get(each) != STATUS_OF_WORD[word]
    }
