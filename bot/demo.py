"""The rehearsal: the whole program on embedded defaults, with a chat page in place of a chat service.

Nothing in it is staged but the people: the scheduler posts, the ledger records, the commands answer. The clock is
shifted, so that the next lesson day is a button away.
"""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.app import App, build_app, calendar_pages, desk_pages, run_app
from bot.clock import ShiftedClock, system_clock
from bot.cohorts.cohorts import find_cohort
from bot.config import Settings
from bot.engine.shelf import Shelf
from bot.engine.ticks import next_moment
from bot.platforms.simulator.guard import LOOPBACK_HOSTS
from bot.platforms.simulator.page import room_app
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.scenes import ZONE as LOOKS_ZONE
from bot.scenes import day_scenes
from bot.store import schema
from bot.store.database import open_engine
from bot.web.looks.routes import Gallery, looks_routes
from bot.web.looks.scene import Scene
from bot.web.reader.routes import reader_routes

ZONE = "Europe/Zurich"
POST_TIME = time(9)
FIRST_LESSON = 31
"""Where the rehearsal begins: in the middle of the course, as a cohort would meet it."""
MEMBERS = ("Ada", "Ben", "Chidi", "Dana", "Eli")
FACILITATOR = "Fay (facilitator)"
FIRST_ANSWERS = (
    (
        "Ada",
        0,
        "Told that its free-tier chats would train it, the model complied more than where it was not.",
    ),
    ("Ben", 0, "It gave in more often when it believed that the conversation would be used for training."),
    ("Ada", 1, "The notice about training was supplied by the authors. I would count it as a condition, not as noise."),
)
"""What members have written on the first day, so that a visitor does not meet an empty room: (who, prompt, text)."""


class Controls:
    """What the page's top bar can do."""

    def __init__(self, app: App, clock: ShiftedClock, channel: str) -> None:
        self._app, self._clock, self._channel = app, clock, channel
        self._busy = asyncio.Lock()

    def now(self) -> datetime:
        """The rehearsal's own time, in the cohort's zone."""
        return self._clock().astimezone(ZoneInfo(ZONE))

    def reached(self) -> int:
        """The cohort's last lesson day; 0 before the first."""
        return self._app.shop.reached.get(("simulator", self._channel), 0)

    def status(self) -> str:
        """Where the cohort stands, in one line."""
        day = self.reached()
        return f"Day {day} is out" if day else "The first lesson is on its way"

    async def next_day(self) -> str:
        """Move the clock to the next lesson and let the alarm ring; what happened, in one sentence."""
        async with self._busy:
            cohort = await self._app.shop.database.run(find_cohort, "simulator", self._channel)
            if cohort is None or cohort.next_due_at is None:
                return "The lessons that are written end here: start the demo again for another round."
            if cohort.state == "paused":
                return "The cohort is paused: the facilitator's /cohort resume makes it go on."
            self._clock.advance_to(await next_moment(self._app.shop) or self._clock())
            await self._app.engine.ring()
            local = self._clock().astimezone(ZoneInfo(ZONE))
            return f"It is {local:%A, %d %B, %H:%M}. {self.status()}."


async def run_demo(settings: Settings, folder: Path, serving: Callable[[str], None]) -> None:
    """Run the rehearsal on files in `folder` until cancelled; `serving(url)` is called once the page is there."""
    shelf = Shelf(settings.curriculum_dir)
    clock = ShiftedClock(_first_morning(system_clock()))
    engine = open_engine(f"sqlite:///{folder / 'homeroom.db'}")
    schema.migrate(engine)
    room = Room(clock, str(folder / "room.db"))
    platform = SimulatorPlatform(room)
    listening = _listening(settings.web_host, settings.web_port)
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    app = build_app(engine, shelf, [platform], clock, post_every=1.0, collect_every=5.0, address=address)
    channel = room.add_channel("week-7")
    controls = Controls(app, clock, channel)
    first = FIRST_LESSON if FIRST_LESSON in shelf.course.lessons else min(shelf.course.lessons)
    links = [("The lessons, whole", "read/index.html"), ("On Discord and Slack", f"looks/{first}")]
    page = room_app(room, platform, controls, {*LOOPBACK_HOSTS, settings.web_host}, links)
    page.add_routes(reader_routes(lambda: shelf.course, lambda _: controls.reached(), "/read"))
    page.add_routes(looks_routes(_gallery(shelf), "/looks"))
    page.add_routes(desk_pages(app))
    page.add_routes(calendar_pages(app))
    runner = web.AppRunner(page, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        await run_app(app, _open_and_stay(app, room, channel, controls, lambda: serving(address)))
    finally:
        await runner.cleanup()
        listening.close()
        room.close()
        engine.dispose()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens, so that the address is known before anything is put together. Raises OSError."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _gallery(shelf: Shelf) -> Gallery:
    """Every day of the course, drawn when it is first asked for."""
    drawn: dict[int, tuple[Scene, ...]] = {}

    async def scenes(day: int) -> tuple[Scene, ...]:
        if day not in drawn:
            drawn[day] = await asyncio.to_thread(day_scenes, shelf.course, day)
        return drawn[day]

    return Gallery(lambda: [(day, lesson.title) for day, lesson in shelf.course.lessons.items()], scenes, LOOKS_ZONE)


async def _open_and_stay(app: App, room: Room, channel: str, controls: Controls, serving: Callable[[], None]) -> None:
    """Open the cohort by command, let two lesson days pass with a few answers on the first, then leave the visitor to
    it."""
    while "simulator" not in app.shop.ready:  # noqa: ASYNC110 - told by a flag
        await asyncio.sleep(0.01)
    people = {name: room.add_person(name) for name in MEMBERS}
    facilitator = room.add_person(FACILITATOR, manages=True)
    lessons = app.shop.shelf.course.lessons
    first = str(FIRST_LESSON if FIRST_LESSON in lessons else min(lessons))
    options = {"name": "Week 7 rehearsal", "zone": ZONE, "time": f"{POST_TIME:%H:%M}", "first": first}
    await room.command(facilitator, channel, "cohort create", options)
    for person in people.values():
        await room.command(person, channel, "join")
    await controls.next_day()
    threads = [post.thread for post in room.posts(channel) if post.thread]
    for name, prompt, text in FIRST_ANSWERS:
        if prompt < len(threads):
            await room.reply(people[name], threads[prompt], text)
    await controls.next_day()
    serving()
    await asyncio.Event().wait()


def _first_morning(now: datetime) -> datetime:
    """One minute before the post time on the coming Monday."""
    local = now.astimezone(ZoneInfo(ZONE))
    monday = local.date() + timedelta(days=7 - local.weekday())
    return datetime.combine(monday, POST_TIME, ZoneInfo(ZONE)).astimezone(UTC) - timedelta(minutes=1)
