"""An index of the reads that somebody is waiting for: the jobs take those before a backlog."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    awaited = sa.text("(poll_reason = 'waiting' AND poll_count < 6 OR poll_reason = 'notice' AND poll_count < 4)")
    op.create_index('ix_onboardings_awaited', 'onboardings', ['next_poll_at', 'id'], sqlite_where=awaited, postgresql_where=awaited)
