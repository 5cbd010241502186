"""Alembic's entry: runs the migrations on the connection that `credit.database.migrate` hands over."""

from alembic import context

from credit.database.schema import METADATA, SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_schemas=True,
    version_table_schema=SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
