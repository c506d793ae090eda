"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text, TypeDecorator

Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC. SQLite knows no zone, so it is taken off there and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PeoplesText(TypeDecorator[str]):
    """Text as people write it. PostgreSQL refuses NUL and no database takes half a surrogate pair: the first becomes
    its visible picture, the second the replacement character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(value)


class Reference(TypeDecorator[str]):
    """A text of limited length that a platform gives: a reference, a reason. Cleaned in the same way, so that a forged
    one finds nothing instead of failing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(value)


def _storable(text: str) -> str:
    return text.replace("\x00", "␀").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
