"""`homeroom migrate` killed at random statements and moments, on databases with rows: the next one ends with the whole
schema and every row."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from alembic import command
from bench import Bench, Cell
from crash_campaign import ROOT
from fault_databases import KINDS
from network_campaigns import finish
from outcomes import Outcome
from running_bot import open_bot
from sqlalchemy import Engine, MetaData, select

from bot.clock import monotonic
from bot.store import schema
from bot.store.database import open_engine

OLDEST = "0001"
STATEMENTS = 45
"""About as many as a migration from OLDEST to the newest schema has."""


class Migrator:
    """A process that migrates by order."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("migrating.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def migrate(
        self, url: str, statement: int | None = None, seconds: float | None = None, *, atomic: bool = True
    ) -> int:
        """The exit status: 0, or minus the signal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"url": url, "statement": statement, "seconds": seconds, "atomic": atomic}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)
        self._log.close()


@contextmanager
def open_migrator(bench: Bench) -> Iterator[Migrator]:
    made = Migrator(bench.folder / "migrations.log")
    try:
        yield made
    finally:
        made.close()


def migrations(bench: Bench) -> Iterator[Cell]:
    """On both databases."""
    for kind in KINDS:
        yield partial(_migrations, bench, kind)


async def _migrations(bench: Bench, kind: str) -> Outcome:
    run, times = bench.name("migrate", kind), 4 if bench.quick else 60
    dice = bench.dice(run)
    async with bench.ground(run, kind, "slack") as ground:
        began, killed = monotonic(), 0
        async with open_bot(ground) as bot:
            await bot.ring_when_due()
            await finish(bot)
        engine = open_engine(ground.url)
        try:
            go_back(engine)
            before = rows_of(engine)
            with open_migrator(bench) as migrator:
                for number in range(times):
                    statement = dice.randint(1, STATEMENTS) if number % 2 else None
                    seconds = None if number % 2 else dice.uniform(0.0, 0.08)
                    status = await asyncio.to_thread(migrator.migrate, ground.url, statement, seconds)
                    killed += status == -signal.SIGKILL
                    if schema.is_current(engine):
                        assert_whole(engine, before)
                        go_back(engine)
                    assert rows_of(engine) == before, "a killed migration has changed a row"
                assert await asyncio.to_thread(migrator.migrate, ground.url) == 0
            assert_whole(engine, before)
        finally:
            engine.dispose()
        healed = monotonic()
        async with open_bot(ground) as bot:
            await bot.ring_when_due()
            await finish(bot)
        injected, where = {"kill -9 inside a migration": killed}, kind
        return bench.outcome("migration", where, ground, 2, injected, healed, began)


def go_back(engine: Engine) -> None:
    """To the oldest schema, with every row."""
    with engine.connect() as connection, schema._tables_may_be_rebuilt(connection), connection.begin():
        command.downgrade(schema._config(connection), OLDEST)


def rows_of(engine: Engine, columns: dict[str, list[str]] | None = None) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table; of the columns named only, where they are."""
    known, found = MetaData(), {}
    known.reflect(engine)
    with engine.connect() as connection:
        for table in known.sorted_tables:
            if table.name == "alembic_version" or (columns is not None and table.name not in columns):
                continue
            wanted = [table.c[name] for name in (columns or {}).get(table.name, table.c.keys())]
            found[table.name] = sorted((tuple(row) for row in connection.execute(select(*wanted))), key=repr)
    return found


def assert_whole(engine: Engine, before: dict[str, list[tuple[object, ...]]]) -> None:
    """The newest schema as the program means it, and no row is gone."""
    with engine.begin() as connection:
        config = schema._config(connection)
        config.stdout = io.StringIO()
        command.check(config)
    after = rows_of(engine)
    lost = {name for name, rows in before.items() if len(after[name]) != len(rows)}
    assert not lost, f"rows are gone from {lost}"
