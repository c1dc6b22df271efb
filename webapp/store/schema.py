"""Define all tables but those of modules of their own; `Sealed` columns are encrypted."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from webapp.domain.onboarding import ACTIVE
from webapp.domain.schedule import QUICK_POLLS
from webapp.store import api_tables as api_tables
from webapp.store.column_types import Sealed, UtcDateTime
from webapp.store.decisions_table import decisions as decisions
from webapp.store.element_reports_table import element_reports as element_reports
from webapp.store.erasures_table import erasures as erasures
from webapp.store.evidence_tables import checksum_matches as checksum_matches
from webapp.store.evidence_tables import evidence_views as evidence_views
from webapp.store.gateway_facts_table import gateway_facts as gateway_facts
from webapp.store.limit_counts_table import limit_counts as limit_counts
from webapp.store.messages_tables import message_attempts as message_attempts
from webapp.store.messages_tables import messages as messages
from webapp.store.messages_tables import receivers as receivers
from webapp.store.metadata import UUID_TEXT as _UUID
from webapp.store.metadata import metadata as metadata
from webapp.store.notices_tables import inbox as inbox
from webapp.store.notices_tables import quarantine as quarantine
from webapp.store.operations_tables import alarms as alarms
from webapp.store.operations_tables import counters as counters
from webapp.store.operations_tables import heartbeats as heartbeats

#: Literals instead of parameters, or the database would not use the partial index.
IS_ACTIVE = literal_column(
    "status IN ({})".format(", ".join(f"'{s}'" for s in sorted(ACTIVE))), Boolean
)

#: A user waits for the next poll; literals as above.
IS_AWAITED = text(
    "({})".format(
        " OR ".join(f"poll_reason = '{c}' AND poll_count < {n}" for c, n in QUICK_POLLS.items())
    )
)

#: The host site has not decided in time; literals as above.
IS_OVERDUE = text("status = 'deciding' AND overdue_at IS NOT NULL")

people = Table(
    "people",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("site", String(63), nullable=False),
    # A keyed hash finds a person without storing the host's user id in plain text.
    Column("subject_hash", String(64), nullable=False),
    Column("subject", Sealed, nullable=False),
    Column("name", Sealed),
    Column("locale", String(35)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("site", "subject_hash"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("person_id", _UUID, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("via", String(16), nullable=False),
    Column("flow", String(63)),
    Column("return_url", Sealed),
    Column("state", Sealed),
    Column("id_token", Sealed),
    Column("handoff_hash", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
    Index("ix_sessions_person_id", "person_id"),
)

onboardings = Table(
    "onboardings",
    metadata,
    Column("id", _UUID, primary_key=True),
    # NULL: erased.
    Column("person_id", _UUID, ForeignKey("people.id")),
    Column("site", String(63), nullable=False),
    Column("flow", String(63), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    # Moves with status, facts and decisions only: a decision names the one it was made on.
    Column("case_version", Integer, nullable=False, server_default="1"),
    Column("gateway_status", String(64)),
    Column("reasons", JSON, nullable=False),
    Column("hosted_url", Sealed),
    Column("onboarding_token", Sealed),
    Column("create_calls", Integer, nullable=False),
    Column("create_called_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("submitted_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Sealed),
    Column("rejection_reason", Sealed),
    Column("interruptions", Integer, nullable=False),
    Column("previous_id", _UUID),
    Column("replaced_by", _UUID),
    Column("next_poll_at", UtcDateTime),
    Column("poll_reason", String(16)),
    Column("poll_count", Integer, nullable=False),
    Column("deciding_at", UtcDateTime),
    # When the host site's time to decide had passed, with `on_deadline = "stay"`.
    Column("overdue_at", UtcDateTime),
    # Polls in a row without a usable answer, of a process that the gateway had known.
    Column("unanswered_polls", Integer, nullable=False, server_default="0"),
    Column("unanswered_since", UtcDateTime),
    Column("evidence_available_at", UtcDateTime),
    # Taken over from another system: its process was not created by this server.
    Column("adopted", Boolean, nullable=False, server_default=false()),
    # Moves with every version. Given after the commit by the one writer of `store.numbering`.
    Column("change_number", BigInteger),
    Index(
        "ix_onboardings_unnumbered",
        "updated_at",
        sqlite_where=text("change_number IS NULL"),
        postgresql_where=text("change_number IS NULL"),
    ),
    Index("ix_onboardings_person_id_created_at", "person_id", "created_at"),
    # The order in which the jobs take due polls.
    Index("ix_onboardings_next_poll_at_id", "next_poll_at", "id"),
    Index(
        "ix_onboardings_awaited",
        "next_poll_at",
        "id",
        sqlite_where=IS_AWAITED,
        postgresql_where=IS_AWAITED,
    ),
    Index(
        "ix_onboardings_overdue",
        "overdue_at",
        sqlite_where=IS_OVERDUE,
        postgresql_where=IS_OVERDUE,
    ),
    # The API's listing, and where it begins for a time.
    Index("ix_onboardings_site_change_number", "site", "change_number"),
    Index("ix_onboardings_site_updated_at", "site", "updated_at"),
    # The listing by a status that few have: 0.05 ms instead of 400 ms at 1,000,000 rows.
    Index("ix_onboardings_site_status_change_number", "site", "status", "change_number"),
    # For operators' lists; the second one also serves counts by status.
    Index("ix_onboardings_created_at", "created_at"),
    Index("ix_onboardings_status_created_at", "status", "created_at"),
    # At most one active onboarding per person (site and subject) and flow.
    Index(
        "uq_onboardings_one_active",
        "person_id",
        "flow",
        unique=True,
        sqlite_where=IS_ACTIVE,
        postgresql_where=IS_ACTIVE,
    ),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("onboarding_id", _UUID, ForeignKey("onboardings.id"), nullable=False),
    Column("version", String(63), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("agreed_at", UtcDateTime, nullable=False),
    UniqueConstraint("onboarding_id", "version"),
)

links = Table(
    "links",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("onboarding_id", _UUID, ForeignKey("onboardings.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
)

# Onboardings whose last polls failed, and dead letters among them.
failed_polls = Table(
    "failed_polls",
    metadata,
    Column("onboarding_id", _UUID, primary_key=True),
    Column("error", String(64), nullable=False),
    Column("failure_count", Integer, nullable=False),
    Column("first_failed_at", UtcDateTime, nullable=False),
    Column("last_failed_at", UtcDateTime, nullable=False),
    Column("dead_lettered_at", UtcDateTime),
    Index(
        "ix_failed_polls_dead_lettered",
        "dead_lettered_at",
        sqlite_where=text("dead_lettered_at IS NOT NULL"),
        postgresql_where=text("dead_lettered_at IS NOT NULL"),
    ),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("onboarding_id", _UUID),
    Column("site", String(63)),
    Column("actor", String(64), nullable=False),
    Column("event", String(64), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_timeline_onboarding_id", "onboarding_id", "id"),
    sqlite_autoincrement=True,
)

replay_guard_marks = Table(
    "replay_guard_marks",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("value_hash", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

gateway_token = Table(
    "gateway_token",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("token", Sealed),
    Column("obtained_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    # A short lease: one process of all nodes logs in, the others wait for its result.
    Column("lease_until", UtcDateTime),
    Column("lease_by", String(64)),
    Column("failed_at", UtcDateTime),
    Column("failed_for", String(16)),
)

generated_keys = Table(
    "generated_keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Sealed, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
