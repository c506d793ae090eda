"""Alembic's entry: schema only. Run through `homeroom migrate`, which hands over a connection.

The tables' metadata is handed over as well, and only by `alembic check` and autogenerate: a migration never imports
the program.
"""

from alembic import context
from alembic.autogenerate.api import AutogenContext


def render_item(kind: str, item: object, _: AutogenContext) -> str | bool:
    """Our column types as what the database sees: a migration must not depend on the program."""
    names = {
        "UtcDateTime": "sa.DateTime(timezone=True)",
        "PeoplesText": "sa.Text()",
        "Reference": f"sa.String(length={getattr(item, 'length', None)})",
    }
    return names.get(type(item).__name__, False) if kind == "type" else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    render_item=render_item,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
