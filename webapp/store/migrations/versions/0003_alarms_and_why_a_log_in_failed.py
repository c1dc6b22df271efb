"""Alarms, and why a log-in failed."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarms',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_alarms'))
    )
    with op.batch_alter_table('gateway_token', schema=None) as batch_op:
        batch_op.add_column(sa.Column('failed_for', sa.String(length=16), nullable=True))

