"""Full disks: nothing is posted without its row, and afterwards everything goes on."""

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench import Bench, Cell
from crash_ground import Ground
from fault_databases import Server, open_server
from machine_campaigns import on_server, posted, tried
from network_campaigns import NONCE, finish
from outcomes import Outcome
from running_bot import POSTING, open_bot, until
from scaled_campaign import PLATFORMS
from sqlalchemy import Engine, event, make_url

from bot.clock import monotonic
from bot.cohorts.deliveries import LEASE
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine


def full_disks(bench: Bench) -> Iterator[Cell]:
    """SQLite that may not grow, and PostgreSQL on a file system that is full: a small one has to be mounted, which only
    root may."""
    for platform in PLATFORMS:
        yield partial(_full_sqlite, bench, platform)
        if os.geteuid() == 0:
            yield partial(_full_postgresql, bench, platform)


@dataclass
class FullDisk:
    """SQLite's file may not grow while `full`. refused: how often it was asked to."""

    engine: Engine
    full: bool = False
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        event.listen(self.engine, "checkout", self._limit)
        event.listen(self.engine, "handle_error", self._count)

    def _limit(self, connection: Any, *_: object) -> None:
        most = connection.execute("PRAGMA page_count").fetchone()[0] if self.full else 2**30
        connection.execute(f"PRAGMA max_page_count={most}")

    def _count(self, context: Any) -> None:
        self.refused["disk full"] += "full" in str(context.original_exception)


async def _full_sqlite(bench: Bench, platform: str) -> Outcome:
    """Before the tick, and between a promise and its answer; with answers of members meanwhile."""
    name = bench.name("full", platform)
    async with bench.ground(name, "sqlite", platform, cohorts=6, nonce_seconds=NONCE) as ground:
        disk = FullDisk(open_engine(ground.url))
        async with open_bot(ground, disk.engine) as bot:
            began = monotonic()
            for round_ in range(4):
                ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.SLOW, 0.2), times=6)
                disk.full = round_ == 0
                standing = posted(ground)
                ringing = asyncio.create_task(bot.ring_when_due())
                if round_:
                    await until(lambda now=standing, at=ringing: posted(ground) > now or at.done())  # type: ignore[misc]
                    disk.full = True
                await ringing
                for _ in range(6):
                    await ground.act()
                await bot.ring()
                assert tried(ground) >= posted(ground), "something stands that the ledger did not promise"
                disk.full = False
                ground.clock.advance_to(ground.clock() + LEASE + timedelta(seconds=1))
            healed = monotonic()
            await finish(bot)
            assert disk.refused["disk full"], "the disk was never full"
            lessons = ground.states().total() // len(ground.channels)
            return bench.outcome(
                "disk full", f"embedded sqlite {platform}", ground, lessons, disk.refused, healed, began
            )


async def _full_postgresql(bench: Bench, platform: str) -> Outcome:
    """The record in a tablespace on a small file system (needs root), which is filled while lessons go out."""
    name = bench.name("full postgresql", platform)
    with open_server() as server, _small_disk() as folder:
        own = on_server(bench, server)
        async with own.ground(name, "postgresql", platform, cohorts=6, nonce_seconds=NONCE) as ground:
            refused: Counter[str] = Counter()
            engine = open_engine(_moved(server, ground, folder))
            event.listen(engine, "handle_error", lambda context: _count_full(refused, context))
            async with open_bot(ground, engine) as bot:
                began = monotonic()
                for round_ in range(3):
                    ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.SLOW, 0.2), times=6)
                    standing = posted(ground)
                    filler = _fill(folder) if round_ == 0 else None
                    ringing = asyncio.create_task(bot.ring_when_due())
                    if filler is None:
                        await until(lambda now=standing, at=ringing: posted(ground) > now or at.done())  # type: ignore[misc]
                        filler = _fill(folder)
                    await ringing
                    for _ in range(40):
                        await ground.act()
                    await bot.ring()
                    assert tried(ground) >= posted(ground), "something stands that the ledger did not promise"
                    filler.unlink()
                    ground.clock.advance_to(ground.clock() + LEASE + timedelta(seconds=1))
                healed = monotonic()
                await finish(bot)
                assert refused, "the disk was never full"
                lessons = ground.states().total() // len(ground.channels)
                where = f"embedded postgresql {platform}"
                return bench.outcome("disk full", where, ground, lessons, refused, healed, began)


@contextmanager
def _small_disk(size: str = "24m") -> Iterator[Path]:
    folder = Path("/tmp") / f"homeroom-small-{monotonic():.0f}"  # PostgreSQL's user can reach it
    folder.mkdir()
    mount, unmount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([unmount, "-l", str(folder)], check=True)
        folder.rmdir()


def _moved(server: Server, ground: Ground, folder: Path) -> str:
    """The ground's database goes to the small disk; its URL stays."""
    space = folder / "space"
    space.mkdir(mode=0o777)
    space.chmod(0o777)
    shutil.chown(space, *_owner(server))
    ground.record.dispose()
    server.administer(f"CREATE TABLESPACE small LOCATION '{space}'")
    server.administer(f"ALTER DATABASE {make_url(ground.url).database} SET TABLESPACE small")
    return ground.url


def _owner(server: Server) -> tuple[int, int]:
    """Whose PostgreSQL's processes are."""
    status = Path(f"/proc/{server._server.get_pid()}").stat()
    return status.st_uid, status.st_gid


def _fill(folder: Path) -> Path:
    """A file that takes all there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(8192)) == 8192:
                pass
        except OSError:
            pass
    return filler


def _count_full(refused: Counter[str], context: Any) -> None:
    refused["disk full"] += getattr(context.original_exception, "sqlstate", None) == "53100"
