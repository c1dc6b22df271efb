"""Quarantine of unusable notices, reads that fail again and again, and counts that survive."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('quarantine',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('why', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarantine')),
    sqlite_autoincrement=True
    )
    op.create_table('failed_polls',
    sa.Column('onboarding_id', sa.String(length=36), nullable=False),
    sa.Column('why', sa.String(length=64), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dead_lettered_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('onboarding_id', name=op.f('pk_failed_reads'))
    )
    given_up = sa.text('dead_lettered_at IS NOT NULL')
    op.create_index('ix_failed_reads_given_up', 'failed_polls', ['dead_lettered_at'], unique=False, sqlite_where=given_up, postgresql_where=given_up)
    op.create_table('counts',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counts'))
    )
    unconfirmed = sa.text("settled_as = 'unconfirmed'")
    op.create_index('ix_inbox_unconfirmed', 'inbox', ['settled_at'], unique=False, sqlite_where=unconfirmed, postgresql_where=unconfirmed)
