"""Links and the clocks of a session and a decision."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('links',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('onboarding_id', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['onboarding_id'], ['onboardings.id'], name=op.f('fk_links_onboarding_id')),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_links'))
    )
    with op.batch_alter_table('links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_links_onboarding_id'), ['onboarding_id'], unique=False)

    with op.batch_alter_table('onboardings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('deciding_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('unanswered_polls', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('unanswered_since', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True))

