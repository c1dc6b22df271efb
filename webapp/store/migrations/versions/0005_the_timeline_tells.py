"""PostgreSQL: each new line of the timeline tells those who listen which onboarding it is about.

A trigger, so that no statement that writes a line can forget it; told when its transaction commits.
"""

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return  # an SQLite file is looked at
    op.execute('''
        CREATE FUNCTION mobbscan_embed_tell_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('mobbscan_embed_timeline', NEW.onboarding_id);
            RETURN NULL;
        END
        $$
    ''')
    op.execute('''
        CREATE TRIGGER mobbscan_embed_tell_timeline AFTER INSERT ON timeline
        FOR EACH ROW WHEN (NEW.onboarding_id IS NOT NULL)
        EXECUTE FUNCTION mobbscan_embed_tell_timeline()
    ''')
