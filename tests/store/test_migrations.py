"""The schema comes and goes whole, on both databases, and takes nobody's rows with it."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, inspect, text

from bot.store import schema
from bot.store.database import open_engine

REBUILDS = """
def upgrade():
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("cohorts", recreate=recreate) as batch:
        batch.add_column(sa.Column("colour", sa.String(10)))

def downgrade():
    with op.batch_alter_table("cohorts") as batch:
        batch.drop_column("colour")
"""

BREAKS = """
def upgrade():
    op.create_table("half_way", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE cohorts SET name = 'half way'")
    op.execute("UPDATE no_such_table SET x = 1")
"""


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    opened = open_engine(empty_database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def next_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """next_migration(words) puts a migration behind the newest one."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    last = sorted(path.stem.split("_")[0] for path in (folder / "versions").glob("*.py"))[-1]

    def add(words: str) -> None:
        head = f'import sqlalchemy as sa\nfrom alembic import op\nrevision = "9999"\ndown_revision = "{last}"\n'
        (folder / "versions" / "9999_next.py").write_text(head + words)
        monkeypatch.setattr(schema, "MIGRATIONS", folder)

    return add


def test_the_newest_revision_is_alembics_own_head() -> None:
    script = ScriptDirectory(str(schema.MIGRATIONS))
    assert schema.newest_revision() == script.get_current_head()
    assert all(Path(each.path).name.startswith(f"{each.revision}_") for each in script.walk_revisions())


def test_up_down_to_nothing_and_up_again(engine: Engine) -> None:
    assert not schema.is_current(engine)
    schema.migrate(engine)
    assert schema.is_current(engine)
    schema.check(engine)
    there = _schema_of(engine)
    schema.migrate(engine, "base")
    assert not schema.is_current(engine)
    assert set(_schema_of(engine)) == {"alembic_version"}
    schema.migrate(engine)
    schema.check(engine)
    assert _schema_of(engine) == there


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    schema.migrate(engine)
    there = _schema_of(engine)
    schema.migrate(engine)
    assert _schema_of(engine) == there


def test_a_difference_between_tables_and_database_is_told(engine: Engine) -> None:
    schema.migrate(engine)
    _run(engine, "ALTER TABLE members ADD COLUMN shoe_size INTEGER")
    with pytest.raises(CommandError, match="shoe_size"):
        schema.check(engine)


def test_a_database_that_was_never_migrated_is_not_in_order(engine: Engine) -> None:
    with pytest.raises(CommandError):
        schema.check(engine)


def test_the_rules_of_the_schema_stand_in_the_database(engine: Engine) -> None:
    schema.migrate(engine)
    seen = inspect(engine)
    checks = {check["name"] for table in seen.get_table_names() for check in seen.get_check_constraints(table)}
    indexes = {
        index["name"] for table in seen.get_table_names() for index in seen.get_indexes(table) if index["unique"]
    }
    assert checks >= {"ck_cohorts_state", "ck_cohorts_weekdays", "ck_deliveries_state", "ck_enrollments_role"}
    assert indexes >= {"uq_cohorts_one_per_channel", "uq_deliveries_lesson_once"}


def test_a_migration_that_breaks_leaves_the_old_schema_and_its_rows(engine: Engine, next_migration) -> None:
    schema.migrate(engine)
    _add_cohort(engine)
    there = _schema_of(engine)
    next_migration(BREAKS)
    with pytest.raises(Exception, match="no_such_table"):
        schema.migrate(engine)
    assert _schema_of(engine) == there
    assert _scalar(engine, "SELECT name FROM cohorts") == "Spring"
    assert not schema.is_current(engine)


def test_a_first_migration_that_breaks_leaves_nothing(engine: Engine, next_migration) -> None:
    next_migration(BREAKS)
    with pytest.raises(Exception, match="no_such_table"):
        schema.migrate(engine)
    assert _schema_of(engine) == {}


def test_a_table_that_is_rebuilt_keeps_what_belongs_to_its_rows(engine: Engine, next_migration) -> None:
    schema.migrate(engine)
    _add_cohort(engine)
    next_migration(REBUILDS)
    schema.migrate(engine)
    assert _scalar(engine, "SELECT count(*) FROM days_off") == 1
    assert _scalar(engine, "SELECT colour FROM cohorts") is None
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        _run(engine, "INSERT INTO absences VALUES (99, '2026-09-01', '2026-09-01')")


def test_several_that_migrate_at_once_make_one_schema(empty_database_url: str) -> None:
    engines = [open_engine(empty_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(schema.migrate, each) for each in engines]:
            done.result(timeout=20)
    assert schema.is_current(engines[0])
    schema.check(engines[0])
    for each in engines:
        each.dispose()


def _schema_of(engine: Engine) -> dict[str, list[object]]:
    """Every table with its columns, keys, indexes and checks, as the database tells them."""
    seen = inspect(engine)
    found = {}
    for table in seen.get_table_names():
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table)]
        indexes = sorted((i["name"], tuple(i["column_names"]), i["unique"]) for i in seen.get_indexes(table))
        keys = sorted((k["name"], k["referred_table"], str(k["options"])) for k in seen.get_foreign_keys(table))
        unique = sorted((u["name"], tuple(u["column_names"])) for u in seen.get_unique_constraints(table))
        checks = sorted((c["name"], c["sqltext"]) for c in seen.get_check_constraints(table))
        found[table] = [columns, indexes, keys, unique, checks]
    return found


def _add_cohort(engine: Engine) -> None:
    _run(
        engine,
        "INSERT INTO cohorts (id, key, platform, workspace, channel, name, course, zone, post_time, weekdays,"
        " start_date, state, created_at) VALUES (1, 'k', 'discord', 'w', 'c', 'Spring', 'co', 'UTC', '09:00:00',"
        " 31, '2026-09-01', 'active', '2026-09-01 00:00:00')",
        "INSERT INTO days_off VALUES (1, '2026-09-02', 'holiday', '2026-09-02', '')",
    )


def _run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _scalar(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.scalar(text(query))
