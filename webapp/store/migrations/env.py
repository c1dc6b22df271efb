"""Run the migrations over the connection that `webapp.store.migrate` passes to Alembic."""

from alembic import context

from webapp.store.migrate import ours
from webapp.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
