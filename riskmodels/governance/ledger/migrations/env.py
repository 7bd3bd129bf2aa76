"""How Alembic runs the migrations of a ledger: in the transaction of the connection that it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="ledger_schema",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
