"""All tables, indexes and, on PostgreSQL, the trigger that reports new timeline rows."""

import sqlalchemy as sa
from alembic import op

revision = 'initial'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarms',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('detail', sa.String(length=255), server_default='', nullable=False),
        sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_raised_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_alarms'))
    )

    op.create_table('api_key_uses',
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('site', 'name', name=op.f('pk_api_key_uses'))
    )

    op.create_table('api_requests',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('key_hash', sa.String(length=64), nullable=False),
        sa.Column('body_hash', sa.String(length=64), nullable=False),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('status', sa.Integer(), nullable=True),
        sa.Column('answer', sa.LargeBinary(), nullable=True),
        sa.Column('onboarding_id', sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_api_requests')),
        sa.UniqueConstraint('site', 'key_hash', name=op.f('uq_api_requests_site_key_hash'))
    )
    op.create_index(op.f('ix_api_requests_expires_at'), 'api_requests', ['expires_at'], unique=False)
    op.create_index(op.f('ix_api_requests_onboarding_id'), 'api_requests', ['onboarding_id'], unique=False)

    op.create_table('counters',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('value', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_counters'))
    )

    op.create_table('failed_polls',
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('error', sa.String(length=64), nullable=False),
        sa.Column('failure_count', sa.Integer(), nullable=False),
        sa.Column('first_failed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_failed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('dead_lettered_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('onboarding_id', name=op.f('pk_failed_polls'))
    )
    op.create_index('ix_failed_polls_dead_lettered', 'failed_polls', ['dead_lettered_at'], unique=False, sqlite_where=sa.text('dead_lettered_at IS NOT NULL'), postgresql_where=sa.text('dead_lettered_at IS NOT NULL'))

    op.create_table('gateway_facts',
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('name', sa.String(length=128), nullable=False),
        sa.Column('shape', sa.String(length=64), nullable=False),
        sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('kind', 'name', 'shape', name=op.f('pk_gateway_facts'))
    )

    op.create_table('gateway_token',
        sa.Column('account', sa.String(length=64), nullable=False),
        sa.Column('token', sa.LargeBinary(), nullable=True),
        sa.Column('obtained_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease_by', sa.String(length=64), nullable=True),
        sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failed_for', sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint('account', name=op.f('pk_gateway_token'))
    )

    op.create_table('generated_keys',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('value', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_generated_keys'))
    )

    op.create_table('heartbeats',
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_heartbeats'))
    )

    op.create_table('inbox',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('verification_id', sa.String(length=36), nullable=False),
        sa.Column('status', sa.String(length=64), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=True),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled_as', sa.String(length=32), nullable=True),
        sa.Column('forward_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('forward_attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('forward_error', sa.String(length=32), nullable=True),
        sa.Column('forwarded_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
        sa.UniqueConstraint('verification_id', 'status', name=op.f('uq_inbox_verification_id_status'))
    )
    op.create_index('ix_inbox_forward_at', 'inbox', ['forward_at'], unique=False, sqlite_where=sa.text('forward_at IS NOT NULL'), postgresql_where=sa.text('forward_at IS NOT NULL'))
    op.create_index('ix_inbox_forward_failed', 'inbox', ['forward_error'], unique=False, sqlite_where=sa.text('forward_error IS NOT NULL'), postgresql_where=sa.text('forward_error IS NOT NULL'))
    op.create_index('ix_inbox_unconfirmed', 'inbox', ['settled_at'], unique=False, sqlite_where=sa.text("settled_as = 'unconfirmed'"), postgresql_where=sa.text("settled_as = 'unconfirmed'"))
    op.create_index('ix_inbox_unsettled', 'inbox', ['verification_id'], unique=False, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))

    op.create_table('people',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('subject_hash', sa.String(length=64), nullable=False),
        sa.Column('subject', sa.LargeBinary(), nullable=False),
        sa.Column('name', sa.LargeBinary(), nullable=True),
        sa.Column('locale', sa.String(length=35), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
        sa.UniqueConstraint('site', 'subject_hash', name=op.f('uq_people_site_subject_hash'))
    )

    op.create_table('quarantine',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reason', sa.String(length=64), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_quarantine')),
        sqlite_autoincrement=True
    )

    op.create_table('element_reports',
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('code', sa.String(length=32), nullable=False),
        sa.Column('display', sa.String(length=16), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('site', 'day', 'code', 'display', name=op.f('pk_element_reports'))
    )

    op.create_table('limit_counts',
        sa.Column('key', sa.String(length=128), nullable=False),
        sa.Column('minute', sa.BigInteger(), nullable=False),
        sa.Column('previous', sa.Integer(), nullable=False),
        sa.Column('current', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_limit_counts'))
    )
    op.create_index(op.f('ix_limit_counts_minute'), 'limit_counts', ['minute'], unique=False)

    op.create_table('receivers',
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_failed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('disabled_reason', sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint('site', name=op.f('pk_receivers'))
    )

    op.create_table('replay_guard_marks',
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('value_hash', sa.String(length=64), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('kind', 'value_hash', name=op.f('pk_replay_guard_marks'))
    )
    op.create_index(op.f('ix_replay_guard_marks_expires_at'), 'replay_guard_marks', ['expires_at'], unique=False)

    op.create_table('timeline',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=True),
        sa.Column('site', sa.String(length=63), nullable=True),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('event', sa.String(length=64), nullable=False),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_timeline')),
        sqlite_autoincrement=True
    )
    op.create_index('ix_timeline_onboarding_id', 'timeline', ['onboarding_id', 'id'], unique=False)

    op.create_table('onboardings',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('person_id', sa.String(length=36), nullable=True),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('flow', sa.String(length=63), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('attempt', sa.Integer(), nullable=False),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('locale', sa.String(length=35), nullable=False),
        sa.Column('livemode', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('case_version', sa.Integer(), server_default='1', nullable=False),
        sa.Column('gateway_status', sa.String(length=64), nullable=True),
        sa.Column('reasons', sa.JSON(), nullable=False),
        sa.Column('hosted_url', sa.LargeBinary(), nullable=True),
        sa.Column('onboarding_token', sa.LargeBinary(), nullable=True),
        sa.Column('create_calls', sa.Integer(), nullable=False),
        sa.Column('create_called_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.LargeBinary(), nullable=True),
        sa.Column('rejection_reason', sa.LargeBinary(), nullable=True),
        sa.Column('interruptions', sa.Integer(), nullable=False),
        sa.Column('previous_id', sa.String(length=36), nullable=True),
        sa.Column('replaced_by', sa.String(length=36), nullable=True),
        sa.Column('next_poll_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('poll_reason', sa.String(length=16), nullable=True),
        sa.Column('poll_count', sa.Integer(), nullable=False),
        sa.Column('deciding_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('unanswered_polls', sa.Integer(), server_default='0', nullable=False),
        sa.Column('unanswered_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('evidence_available_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('adopted', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('change_number', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_onboardings_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_onboardings'))
    )
    op.create_index('ix_onboardings_awaited', 'onboardings', ['next_poll_at', 'id'], unique=False, sqlite_where=sa.text("(poll_reason = 'waiting' AND poll_count < 6 OR poll_reason = 'notice' AND poll_count < 4)"), postgresql_where=sa.text("(poll_reason = 'waiting' AND poll_count < 6 OR poll_reason = 'notice' AND poll_count < 4)"))
    op.create_index('ix_onboardings_created_at', 'onboardings', ['created_at'], unique=False)
    op.create_index('ix_onboardings_next_poll_at_id', 'onboardings', ['next_poll_at', 'id'], unique=False)
    op.create_index('ix_onboardings_overdue', 'onboardings', ['overdue_at'], unique=False, sqlite_where=sa.text("status = 'deciding' AND overdue_at IS NOT NULL"), postgresql_where=sa.text("status = 'deciding' AND overdue_at IS NOT NULL"))
    op.create_index('ix_onboardings_person_id_created_at', 'onboardings', ['person_id', 'created_at'], unique=False)
    op.create_index('ix_onboardings_site_change_number', 'onboardings', ['site', 'change_number'], unique=False)
    op.create_index('ix_onboardings_site_status_change_number', 'onboardings', ['site', 'status', 'change_number'], unique=False)
    op.create_index('ix_onboardings_site_updated_at', 'onboardings', ['site', 'updated_at'], unique=False)
    op.create_index('ix_onboardings_status_created_at', 'onboardings', ['status', 'created_at'], unique=False)
    op.create_index('ix_onboardings_unnumbered', 'onboardings', ['updated_at'], unique=False, sqlite_where=sa.text('change_number IS NULL'), postgresql_where=sa.text('change_number IS NULL'))
    op.create_index('uq_onboardings_one_active', 'onboardings', ['person_id', 'flow'], unique=True, sqlite_where=sa.text("status IN ('created', 'deciding', 'in_review', 'interrupted', 'started', 'submitted')"), postgresql_where=sa.text("status IN ('created', 'deciding', 'in_review', 'interrupted', 'started', 'submitted')"))

    op.create_table('sessions',
        sa.Column('id_hash', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=36), nullable=False),
        sa.Column('via', sa.String(length=16), nullable=False),
        sa.Column('flow', sa.String(length=63), nullable=True),
        sa.Column('return_url', sa.LargeBinary(), nullable=True),
        sa.Column('state', sa.LargeBinary(), nullable=True),
        sa.Column('id_token', sa.LargeBinary(), nullable=True),
        sa.Column('handoff_hash', sa.String(length=64), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_sessions_person_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_sessions'))
    )
    op.create_index(op.f('ix_sessions_expires_at'), 'sessions', ['expires_at'], unique=False)
    op.create_index('ix_sessions_person_id', 'sessions', ['person_id'], unique=False)

    op.create_table('consents',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('version', sa.String(length=63), nullable=False),
        sa.Column('locale', sa.String(length=35), nullable=False),
        sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_consents_onboarding_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_consents')),
        sa.UniqueConstraint('onboarding_id', 'version', name=op.f('uq_consents_onboarding_id_version'))
    )

    op.create_table('decisions',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('case_version', sa.Integer(), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('requester', sa.LargeBinary(), nullable=True),
        sa.Column('content', sa.LargeBinary(), nullable=True),
        sa.Column('corrected_fields', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('outcome', sa.String(length=16), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('undelivered_attempts', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('unconfirmed_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('http_status', sa.Integer(), nullable=True),
        sa.Column('reply', sa.LargeBinary(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_decisions_onboarding_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions'))
    )
    op.create_index('ix_decisions_onboarding_id_created_at', 'decisions', ['onboarding_id', 'created_at'], unique=False)
    op.create_index('ix_decisions_waiting', 'decisions', ['state', 'created_at'], unique=False, sqlite_where=sa.text("state IN ('dead', 'parked')"), postgresql_where=sa.text("state IN ('dead', 'parked')"))
    op.create_index('uq_decisions_one_unsettled', 'decisions', ['onboarding_id'], unique=True, sqlite_where=sa.text("state IN ('dead', 'open', 'parked')"), postgresql_where=sa.text("state IN ('dead', 'open', 'parked')"))

    op.create_table('checksum_matches',
        sa.Column('account', sa.String(length=64), nullable=False),
        sa.Column('algorithm', sa.String(length=16), nullable=False),
        sa.Column('first_matched_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('account', 'algorithm', name=op.f('pk_checksum_matches'))
    )

    op.create_table('evidence_views',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('viewer', sa.LargeBinary(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('type', sa.LargeBinary(), nullable=True),
        sa.Column('part', sa.String(length=64), nullable=True),
        sa.Column('checksum', sa.String(length=16), nullable=True),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sha256', sa.String(length=64), nullable=True),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('is_complete', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_evidence_views_onboarding_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_views'))
    )
    op.create_index('ix_evidence_views_onboarding_id_began_at', 'evidence_views', ['onboarding_id', 'began_at'], unique=False)

    op.create_table('links',
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_links_onboarding_id')),
        sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_links'))
    )
    op.create_index(op.f('ix_links_expires_at'), 'links', ['expires_at'], unique=False)
    op.create_index(op.f('ix_links_onboarding_id'), 'links', ['onboarding_id'], unique=False)

    op.create_table('onboarding_inputs',
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('types', sa.LargeBinary(), nullable=True),
        sa.Column('return_url', sa.LargeBinary(), nullable=True),
        sa.Column('metadata', sa.LargeBinary(), nullable=True),
        sa.Column('extra_data', sa.LargeBinary(), nullable=True),
        sa.Column('expected', sa.LargeBinary(), nullable=True),
        sa.Column('expected_match', sa.String(length=16), nullable=True),
        sa.Column('expected_match_hash', sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_onboarding_inputs_onboarding_id')),
        sa.PrimaryKeyConstraint('onboarding_id', name=op.f('pk_onboarding_inputs'))
    )

    op.create_table('erasures',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('onboarding_id', sa.String(length=36), nullable=False),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('problem', sa.String(length=32), nullable=True),
        sa.Column('evidence', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('is_person_erased', sa.Boolean(), nullable=False),
        sa.Column('receipt', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_erasures_onboarding_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_erasures')),
        sa.UniqueConstraint('onboarding_id', name=op.f('uq_erasures_onboarding_id'))
    )
    op.create_index('ix_erasures_blocked', 'erasures', ['state'], unique=False, sqlite_where=sa.text("state = 'blocked'"), postgresql_where=sa.text("state = 'blocked'"))
    op.create_index('ix_erasures_erased_at', 'erasures', ['erased_at'], unique=False)
    op.create_index('ix_erasures_requested_at', 'erasures', ['requested_at'], unique=False)

    op.create_table('messages',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=True),
        sa.Column('onboarding_id', sa.String(length=36), nullable=True),
        sa.Column('sequence', sa.Integer(), nullable=True),
        sa.Column('type', sa.String(length=64), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_messages_onboarding_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messages'))
    )
    op.create_index('ix_messages_created_at', 'messages', ['created_at'], unique=False)
    op.create_index('ix_messages_dead', 'messages', ['site', 'created_at'], unique=False, sqlite_where=sa.text("state = 'dead'"), postgresql_where=sa.text("state = 'dead'"))
    op.create_index('ix_messages_due', 'messages', ['site', 'next_attempt_at'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_messages_site_number', 'messages', ['site', 'number'], unique=False)
    op.create_index('ix_messages_unnumbered', 'messages', ['created_at'], unique=False, sqlite_where=sa.text('number IS NULL'), postgresql_where=sa.text('number IS NULL'))
    op.create_index('uq_messages_onboarding_id_sequence', 'messages', ['onboarding_id', 'sequence'], unique=True)

    op.create_table('message_attempts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('message_id', sa.String(length=36), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('status', sa.Integer(), nullable=True),
        sa.Column('error', sa.String(length=32), nullable=True),
        sa.Column('duration_ms', sa.Integer(), nullable=False),
        sa.Column('answer', sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_message_attempts_message_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_message_attempts')),
        sqlite_autoincrement=True
    )
    op.create_index('ix_message_attempts_at', 'message_attempts', ['at'], unique=False)
    op.create_index('ix_message_attempts_message_id', 'message_attempts', ['message_id', 'id'], unique=False)

    if op.get_bind().dialect.name == 'postgresql':
        _notify_of_timeline_rows()


def _notify_of_timeline_rows() -> None:
    """A trigger, so that no INSERT can omit the notification; PostgreSQL sends it on commit."""
    op.execute('''
        CREATE FUNCTION mobbscan_embed_notify_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('mobbscan_embed_timeline', NEW.onboarding_id);
            RETURN NULL;
        END
        $$
    ''')
    op.execute('''
        CREATE TRIGGER mobbscan_embed_notify_timeline AFTER INSERT ON timeline
        FOR EACH ROW WHEN (NEW.onboarding_id IS NOT NULL)
        EXECUTE FUNCTION mobbscan_embed_notify_timeline()
    ''')
