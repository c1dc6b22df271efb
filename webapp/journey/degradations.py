"""Describe what keeps the server from working well: alarms, a silent jobs process, dead letters."""

from __future__ import annotations

from webapp.basics.text import pluralize
from webapp.journey.create_process import UNTRUSTED_PAGE
from webapp.journey.dependencies import MIXED_UP, UNREADABLE
from webapp.journey.erasure_attempt import ERASURES_BLOCKED
from webapp.journey.evidence_log import CHECKSUM_DIFFERS
from webapp.journey.evidence_source import EVIDENCE_FORBIDDEN
from webapp.journey.gateway_facts import GATEWAY_DRIFT
from webapp.journey.message_delivery import RECEIVER_DISABLED
from webapp.journey.notice_forwarding import FORWARDING_FAILED
from webapp.journey.parked_decisions import DECISIONS_FORBIDDEN
from webapp.journey.process_reader import FORBIDDEN
from webapp.store.errors import StoreError
from webapp.store.statistics import DECISIONS_OVERDUE, active_alarms, count_dead_letters
from webapp.store.unit_of_work import Database, UnitOfWork

#: A jobs process writes a heartbeat every 10 seconds (`jobs.process`).
JOBS_SILENT_SECONDS = 60
_ALARMS = {
    FORBIDDEN: "the gateway answers 403: ask the vendor for the right that our account lacks",
    DECISIONS_FORBIDDEN: "the gateway answers 403 to decisions: ask the vendor to let our account "
    "accept, reject and send to review; the decisions are kept and sent then",
    EVIDENCE_FORBIDDEN: "the gateway answers 403 to requests for evidence: ask the vendor to let "
    "our account read images, recordings, reports and archives",
    CHECKSUM_DIFFERS: "the report of onboarding {detail} is not the one of the gateway's checksum, "
    "and was not handed on: ask the vendor whether the report was changed",
    MIXED_UP: "the gateway answered about another process than the requested one, and the answer "
    "was dropped: report it to the vendor with times and ids of the log lines "
    "gateway_answered_for_another_process",
    UNREADABLE: "the gateway's answer about {detail} could not be read: report it to the vendor "
    "with times and reasons of the log lines gateway_response_unreadable; the server asks again by "
    "itself",
    UNTRUSTED_PAGE: "the gateway's hosted page is at {detail}, which is not configured, so no user "
    "can start: if the vendor confirms this origin, add it to MOBBSCAN_HOSTED_ORIGINS and restart",
    ERASURES_BLOCKED: "the gateway refuses to delete ({detail}): `webapp erasures list --state "
    "blocked` lists the erasures, `webapp erasures show` says how to fix each; they are kept, and "
    "tried again at least daily",
    GATEWAY_DRIFT: "the gateway's process data differs from its documented contract in {detail}: "
    "`webapp gateway seen` lists the differences; ask the vendor, then run `webapp gateway "
    "accept-drift`",
    FORWARDING_FAILED: "notices about ids of another system are not taken by the address of "
    "FORWARD_UNKNOWN_NOTICES_TO ({detail}): have it repaired, or correct the setting; they are "
    "kept and handed on again for about four days",
    RECEIVER_DISABLED: "no more messages are sent to the receivers of {detail}, which answered 410 "
    "or failed for five days: have the host site repair its receiver, test it with `webapp "
    "messages ping`, then run `webapp messages enable`, which also sends what waits",
    DECISIONS_OVERDUE: "{detail} should have been decided by their host sites: `webapp onboardings "
    "list --status deciding` lists them; have the host site decide, or decide with `webapp "
    "onboardings accept`, `reject` or `review`",
}


def find_degradations(database: Database) -> list[str]:
    """Return sentences for operators, each with what to do; empty when all is well.

    Empty too while the database is unavailable: readiness reports that.
    """
    try:
        with database.reading() as work:
            return [*_alarms(work), *_silent_jobs(work), *_waiting_for_operator(work)]
    except StoreError:
        return []


def _alarms(work: UnitOfWork) -> list[str]:
    overdue, _since = work.decisions.overdue()
    details = {**work.alarms.details(), DECISIONS_OVERDUE: pluralize(overdue, "onboarding")}
    sentences = {name: _ALARMS.get(name, name).format(detail=details[name]) for name in details}
    return [
        f"{sentences.get(name, name)} (since {since:%Y-%m-%d %H:%MZ})"
        for name, since in active_alarms(work)
    ]


def _silent_jobs(work: UnitOfWork) -> list[str]:
    seconds = work.heartbeats.seen_seconds_ago()
    if seconds is not None and seconds < JOBS_SILENT_SECONDS:
        return []
    since = "yet" if seconds is None else f"for {int(seconds)} seconds"
    fix = "run `serve` (without --no-jobs) or `worker` on a node: until then nothing is polled"
    return [f"no jobs process has been seen {since}: {fix}"]


def _waiting_for_operator(work: UnitOfWork) -> list[str]:
    dead, unread = count_dead_letters(work), work.quarantine.count()
    sentences = []
    if dead:
        sentences.append(
            f"{pluralize(dead, 'dead letter')}: `webapp notices dead` lists them, "
            "`webapp notices replay` retries them"
        )
    if undelivered := work.messages.count_dead():
        sentences.append(
            f"{pluralize(undelivered, 'message')} could not be delivered to host sites: "
            "`webapp messages list --state dead` lists them, `webapp messages recover` sends them "
            "again"
        )
    if unread:
        sentences.append(
            f"{pluralize(unread, 'notice')} could not be read: `webapp notices quarantine` shows "
            "them, `webapp notices seen` deletes them"
        )
    return sentences
