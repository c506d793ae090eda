"""What was not heard is read back, over real sockets on both platforms and both databases; and each protection is
switched off once, to see the damage that it is there for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from fault_databases import Databases
from long_runs import LONG
from running_bot import until
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from written_class import Class, open_class

from bot.chat.inbound import FormAnswer, Person
from bot.chat.post import Post, Rejected
from bot.cohorts.sweeps import READING
from bot.engine.collecting import Collector
from bot.engine.reading import ThreadReader
from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine
from bot.store.tables import DeadLetter, Message, Revision, Submission, Tombstone

LISTING = {"discord": "GET /channels/{}/messages", "slack": "conversations.replies"}
PAGE = {"discord": 100, "slack": 200} if LONG else {"discord": 20, "slack": 20}
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot asks for as few messages a page, so that a listing of several pages is soon written. `make faults` writes
    real ones, and a storm (`test_reply_storm`) is read back in real ones always."""
    monkeypatch.setattr("bot.platforms.discord.reconcile.PAGE_SIZE", PAGE["discord"])
    monkeypatch.setattr("bot.platforms.slack.reconcile.PAGE", PAGE["slack"])


# A lost session


async def test_what_happened_while_no_session_heard_it_is_recovered(room: Class) -> None:
    await room.prepare()
    await room.lose_session()
    assert room.kept() != room.written()
    await room.collector.catch_up()
    assert room.kept() == room.written()
    assert room.count(Revision) == 3 + 1 + 1 + 1  # of what was written and edited unheard only the last stands there
    await until(lambda: all(room.ground.fake.reactions(ref) for ref in room.written()))
    assert not room.collector._behind


async def test_control_without_reading_back_a_lost_session_loses_answers(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: ThreadReader) -> None:
        return

    monkeypatch.setattr(ThreadReader, "read_due", nothing)
    await room.prepare()
    await room.lose_session()
    await room.collector.catch_up()
    kept, written = room.kept(), room.written()
    assert written.keys() - kept.keys() == {room.said["is new"], room.said["is new and edited"]}
    assert kept[room.said["is edited"]] != written[room.said["is edited"]]
    assert kept.keys() - written.keys() == {room.said["is deleted"]}


async def test_a_gap_that_could_not_be_written_down_is_not_forgotten(room: Class) -> None:
    await room.prepare()
    await room.lose_session()
    with away(room, "cohorts"), pytest.raises(Exception, match="cohorts"):
        await room.collector.note_gap()
    assert room.collector._behind
    await room.collector.catch_up()
    assert room.kept() == room.written()


# Lost without a sign


async def test_what_was_lost_without_a_sign_is_found_by_the_next_sweep(room: Class) -> None:
    await room.prepare()
    await room.lose_silently()
    await room.collector.catch_up()
    assert room.kept() != room.written()
    room.later(HOUR)
    await room.collector.catch_up()
    assert room.kept() == room.written()
    assert room.count(Tombstone) == 1


async def test_control_without_sweeps_it_stays_lost(room: Class) -> None:
    await room.prepare()
    await room.lose_silently()
    engine = open_engine(room.ground.url)
    with engine.begin() as connection:
        connection.execute(update(Message).values(sweep_at=None))
    engine.dispose()
    room.later(3 * HOUR)
    await room.collector.catch_up()
    assert room.kept() != room.written()


# Listings that are not whole


async def test_a_listing_that_fails_on_its_second_page_deletes_nothing(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(room)
    room.later(HOUR)
    listings = on_listing(room, monkeypatch, lambda number: Fault(Kind.DROP) if number > 1 else None)
    await room.ground.fake.delete(room.ground.people[0], room.said["0"])  # heard
    await room.collector.catch_up()
    assert listings() > 1
    assert room.kept() == room.written()
    assert room.count(Tombstone) == 1
    monkeypatch.undo()
    room.later(HOUR)
    await room.collector.catch_up()
    assert room.kept() == room.written()


async def test_permission_lost_between_the_pages_deletes_nothing(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(room)
    written = room.written()
    room.later(HOUR)
    listings = on_listing(room, monkeypatch, lambda number: forbid(room) if number == 2 else None)
    await room.collector.catch_up()
    assert listings() > 1
    assert room.kept() == written
    assert room.count(Tombstone) == 0


async def test_control_a_listing_that_claims_to_be_whole_would_delete(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the two tests above would see if half a listing were believed."""
    await fill(room)
    written = room.written()
    platform = room.bot.app.shop.platforms[room.ground.platform]
    read_thread = platform.read_thread

    async def believed(thread: str) -> object:
        whole = await read_thread(thread)
        return type(whole)(whole.replies[: PAGE[room.ground.platform]], complete=True)

    monkeypatch.setattr(platform, "read_thread", believed)
    room.later(HOUR)
    await room.collector.catch_up()
    assert len(room.kept()) < len(written)


async def test_a_reply_that_arrives_during_the_reading_is_not_deleted(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(room)
    late: list[asyncio.Task[None]] = []

    def arrive(number: int) -> None:
        if number == 2:
            late.append(asyncio.get_running_loop().create_task(room.say("late", 1)))

    room.later(HOUR)
    on_listing(room, monkeypatch, arrive)
    await room.collector.catch_up()
    await asyncio.gather(*late)
    await until(lambda: room.kept() == room.written())
    assert room.said["late"] in room.kept()
    assert room.count(Tombstone) == 0


async def test_history_that_may_not_be_read_is_read_when_it_may(room: Class) -> None:
    await room.prepare()
    await room.lose_session()
    forbid(room)
    await room.collector.catch_up()
    assert room.kept() != room.written()
    assert room.count(Tombstone) == 0
    permit(room)
    await room.collector.catch_up()
    assert room.kept() != room.written()  # nobody hammers at a closed door
    room.later(HOUR)
    await room.collector.catch_up()
    if room.kept() != room.written():  # Slack's "channel not found" is for good: until a gap, as after a restart
        room.collector.missed()
        await room.collector.catch_up()
    assert room.kept() == room.written()


async def test_a_thread_that_cannot_be_read_holds_up_no_other_and_is_not_hammered(
    shelf: Shelf, databases: Databases, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_class(shelf, databases, kind, "discord") as room:
        fake, other = room.ground.fake, room.other_thread()
        await room.prepare()
        await room.lose_session()
        said = await fake.reply(room.ground.people[0], other, "in the other thread")
        await until(lambda: said in room.kept())
        calls = f"GET /channels/{room.thread}/messages"
        fake.plan.often(calls, Fault(Kind.ERROR), 1.0)
        asked: list[int] = []
        for _ in range(4):
            await room.collector.catch_up()
            asked.append(fake.plan.injected.total())
            assert other not in _unread(room)
        assert asked[0] == asked[-1] > 0, "what has just failed is left alone for a while"
        assert "outcome=unread" in caplog.text
        fake.plan.heal()
        room.later(timedelta(minutes=1))
        await room.collector.catch_up()
        assert room.kept() == room.written() | {said: "in the other thread"}


async def test_a_tick_reads_so_many_threads_and_the_next_one_the_rest(
    room: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.reading.A_TICK", 1)
    monkeypatch.setattr("bot.engine.reading.TAKEN", 1)
    room.collector.missed()
    await room.collector.note_gap()
    left = [len(_unread(room))]
    while left[-1]:
        await room.collector.catch_up()
        left.append(len(_unread(room)))
    assert left == list(range(left[0], -1, -1))
    assert left[0] > 1


async def test_a_form_that_is_poison_gives_its_text_back_and_leaves_a_letter(
    shelf: Shelf, databases: Databases, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_class(shelf, databases, "postgresql", platform) as room:
        with Session(room.ground.record) as session:
            key = session.scalars(select(Message.key).where(Message.thread == room.thread)).one()
        somebody = Person("9" * 100, "Somebody")
        sent = FormAnswer(platform, "", None, somebody, f"write:{key}", {"answer": "quagga words"})
        answered = await room.collector.take(sent)
        assert isinstance(answered, Rejected)
        assert "quagga words" in str(answered.post)
        with Session(room.ground.record) as session:
            assert "quagga words" in session.scalars(select(DeadLetter.body)).one()
        assert "quagga" not in caplog.text
        again = await room.collector.take(replace(sent, person=Person(room.ground.people[0], "Ada")))
        assert isinstance(again, Post)


async def test_a_thread_that_is_gone_is_given_up_and_its_words_stay(
    shelf: Shelf, databases: Databases, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_class(shelf, databases, kind, "discord") as room:
        await room.prepare()
        kept = room.kept()
        room.ground.fake.delete_channel(room.thread)
        for _ in range(3):
            room.later(HOUR)
            await room.collector.catch_up()
        assert caplog.text.count("outcome=given-up reason=channel_gone") == 1
        assert room.kept() == kept


async def test_what_was_taken_by_a_reader_that_died_is_read_by_another(room: Class) -> None:
    await room.prepare()
    await room.lose_session()
    await room.collector.note_gap()
    shop = room.bot.app.shop
    dead = Collector(shop, shop.platforms[room.ground.platform], hears=False)
    reading = asyncio.create_task(dead.catch_up())
    await until(lambda: not _unread(room))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    room.later(READING + timedelta(seconds=1))
    await room.collector.catch_up()
    assert room.kept() == room.written()


# A record that is away


async def test_an_event_that_comes_while_the_record_is_away_is_kept_once(
    room: Class, caplog: pytest.LogCaptureFixture
) -> None:
    with away(room, "submissions"):
        await room.say("meanwhile")
        await until(lambda: "outcome=not-kept" in caplog.text)
    if room.ground.platform == "slack":  # not acknowledged, so Slack sends it again
        await until(lambda: room.kept() == room.written())
    assert room.collector._behind  # on Discord the only way
    await room.collector.catch_up()
    assert room.kept() == room.written()
    assert (room.count(Submission), room.count(Revision), room.count(DeadLetter)) == (1, 1, 0)


async def test_control_an_event_that_is_acknowledged_though_it_was_not_kept_is_lost(
    room: Class, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hear = Collector.hear

    async def careless(self: Collector, heard: object) -> None:
        try:
            await hear(self, heard)
        except Exception:
            self._behind.clear()

    monkeypatch.setattr(Collector, "hear", careless)
    with away(room, "submissions"):
        await room.say("meanwhile")
        await until(lambda: "outcome=not-kept" in caplog.text)
    if room.ground.platform == "slack":
        await room.ground.fake.settle()
        assert room.ground.fake.lost == ()
    await room.collector.catch_up()
    assert room.kept() == {}


# A history that lags


async def test_a_history_that_lags_deletes_nothing_for_good(shelf: Shelf, databases: Databases, kind: str) -> None:
    async with open_class(shelf, databases, kind, "discord") as room:
        room.ground.fake.late_history(0.5)
        await room.say("just now")
        await until(lambda: room.kept() == room.written())
        room.collector.missed()
        await room.collector.catch_up()
        assert room.kept() == {}  # the listing does not show it
        room.ground.fake.late_history(0.0)
        room.later(timedelta(seconds=11))
        await room.collector.catch_up()
        assert room.kept() == room.written()
        assert room.count(Tombstone) == 0


# Poison


async def test_poison_blocks_nobody_and_is_not_lost(
    shelf: Shelf, databases: Databases, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An author's id of 100 digits: PostgreSQL's column refuses it. (SQLite's takes it, and keeps the words.)"""
    async with open_class(shelf, databases, "postgresql", platform) as room:
        await poison(room)
        await until(lambda: room.count(DeadLetter) == 1)
        await room.say("after it")
        await until(lambda: len(room.kept()) == 2)
        if platform == "slack":
            await room.ground.fake.settle()
            assert room.ground.fake.lost == ()
        assert not room.collector._behind
        assert caplog.text.count("outcome=dead-letter") == 1
        assert "quagga" not in caplog.text
        with Session(room.ground.record) as session:
            assert "quagga" in session.scalars(select(DeadLetter.body)).one()


async def test_control_poison_that_is_not_put_aside_comes_again_and_again(
    shelf: Shelf, databases: Databases, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.engine.collecting.lies_in_event", lambda error: False)
    async with open_class(shelf, databases, "postgresql", "slack") as room:
        await poison(room)
        await room.ground.fake.settle(10)
        assert caplog.text.count("outcome=not-kept") > 1
        assert len(room.ground.fake.lost) == 1
        assert room.count(DeadLetter) == 0


async def poison(room: Class) -> None:
    """A reply like any other, and once more from somebody whose id is too long."""
    fake, number = room.ground.fake, "9" * 100
    await room.say("before it")
    await until(lambda: len(room.kept()) == 1)
    if room.ground.platform == "discord":
        event = fake.event_of(room.said["before it"])
        author = {**event["author"], "id": number}
        fake.inject("MESSAGE_CREATE", {**event, "id": str(int(event["id"]) + 1), "author": author, "content": "quagga"})
    else:
        sent = next(each for each in reversed(fake.sent) if each["event"]["type"] == "message")
        ts = f"{float(sent['event']['ts']) + 1:.6f}"
        fake.send_event({**sent["event"], "user": f"U{number}", "ts": ts, "text": "quagga"})


async def fill(room: Class) -> None:
    """More than a page of replies, all kept."""
    for number in range(PAGE[room.ground.platform] + 20):
        await room.say(str(number))
    await until(lambda: len(room.kept()) == len(room.written()), 30)
    await room.collector.settle()


def on_listing(
    room: Class, monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], Fault | None]
) -> Callable[[], int]:
    """Call `happens(n)` before the n-th page of the thread's listing; what it answers is what the call meets. How many
    pages have been asked for."""
    plan, call = room.ground.fake.plan, LISTING[room.ground.platform].format(room.thread)
    meet, asked = plan.meet, 0

    def counted(name: str) -> Fault | None:
        nonlocal asked
        if name != call:
            return meet(name)
        asked += 1
        return happens(asked)

    monkeypatch.setattr(plan, "meet", counted)
    return lambda: asked


def forbid(room: Class) -> None:
    """The bot may not read the channel's history."""
    if room.ground.platform == "discord":
        room.ground.fake.take_permission(room.ground.channels[0], "read_message_history")
    else:
        room.ground.fake.remove_bot(room.ground.channels[0])


def permit(room: Class) -> None:
    if room.ground.platform == "discord":
        room.ground.fake.give_permission(room.ground.channels[0], "read_message_history")
    else:
        room.ground.fake.invite_bot(room.ground.channels[0])


def _unread(room: Class) -> list[str | None]:
    with Session(room.ground.record) as session:
        return list(session.scalars(select(Message.thread).where(Message.unread)))


@contextmanager
def away(room: Class, table: str) -> Iterator[None]:
    """The record cannot be used inside: a table is not where it was."""
    engine = open_engine(room.ground.url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO hidden"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE hidden RENAME TO {table}"))
        engine.dispose()
