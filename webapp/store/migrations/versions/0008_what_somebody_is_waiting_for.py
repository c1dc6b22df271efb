"""An index of the reads that somebody is waiting for: the jobs take those before a backlog."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    awaited = sa.text("(look_cause = 'waiting' AND looks < 6 OR look_cause = 'notice' AND looks < 4)")
    op.create_index('ix_onboardings_awaited', 'onboardings', ['look_at', 'id'], sqlite_where=awaited, postgresql_where=awaited)
