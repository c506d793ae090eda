"""What every table is declared with."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, MetaData, Time
from sqlalchemy.orm import DeclarativeBase

from bot.store.columns import UtcDateTime


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), date: Date(), time: Time()}  # noqa: RUF012 - SQLAlchemy's own form


def columns(row: Table) -> dict[str, Any]:
    """A row's columns by name: for tests and exports."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
