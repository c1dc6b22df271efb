"""Indices that keep lists, the schedule and the cleaning as quick as they are with few rows."""

from alembic import op

revision = '0006'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_onboardings_look_at', table_name='onboardings')
    op.create_index('ix_onboardings_look_at_id', 'onboardings', ['next_poll_at', 'id'])
    op.drop_index('ix_onboardings_status', table_name='onboardings')
    op.create_index('ix_onboardings_created_at', 'onboardings', ['created_at'])
    op.create_index('ix_onboardings_status_created_at', 'onboardings', ['status', 'created_at'])
    op.create_index('ix_links_expires_at', 'links', ['expires_at'])
