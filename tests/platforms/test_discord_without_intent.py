"""Everything but plain thread text works without the Message Content intent: one script of all that people do, once
with the intent and once without it, and what the bot hears of it compared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from discord_stage import Listener, Running, running, until

from bot.chat.commands import COMMANDS, HIDDEN, MESSAGE_COMMANDS, from_action
from bot.chat.inbound import Heard, Reply, ReplyDeleted, ReplyEdited
from bot.chat.post import Button, Buttons, Choice, Field, Form, Post, Text
from bot.fakes.discord.fake import FakeDiscord

KEY = "abcdefghijklmnopqrstuvw2"
END = "that was all"
OPTIONS = {"text": "words", "number": "7"}
ACTIONS = [f"{name}:{KEY}" for name in HIDDEN] + [spec.name for spec in COMMANDS] + ["lesson:31", "concept:x y"]
FORM = Form("Form", f"write:{KEY}", (Field("a", "Which?", choices=(Choice("One", "1"),)), Field("b", "Words")))


class Place:
    """A cohort's channel with a thread, and who is in it."""

    def __init__(self, fake: FakeDiscord, bot: Running) -> None:
        self.fake, self.bot = fake, bot
        self.channel, self.ada = fake.add_channel("cohort"), fake.add_person("Ada")
        self.fay, self.role = fake.add_person("Fay", manages=True), fake.add_role("learners")
        self.message = self.thread = ""

    async def open(self) -> None:
        rows = [tuple(Button(str(n), action) for n, action in part) for part in _in_rows(enumerate(ACTIONS))]
        self.buttons = self.bot.platform.render(Post("All", tuple(map(Buttons, rows))), KEY)
        self.posted = [await self.bot.platform.post(self.channel, body) for body in self.buttons]
        self.message = self.posted[0]
        self.thread = await self.bot.platform.open_thread(self.message, "Prompt")


def _in_rows(things: Iterable[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    several = list(things)
    return [several[start : start + 5] for start in range(0, len(several), 5)]


async def every_command(place: Place) -> None:
    for spec in COMMANDS:
        given = {each.name: place.role if each.kind == "group" else OPTIONS[each.kind] for each in spec.options}
        await place.fake.command(place.fay, place.channel, spec.name, given)
        if not spec.for_facilitators:
            await place.fake.command(place.ada, place.fake.dm_channel(place.ada), spec.name, given)


async def every_button(place: Place) -> None:
    for number in range(len(ACTIONS)):
        where = next(ref for ref, body in zip(place.posted, place.buttons, strict=True) if _has(body, str(number)))
        await place.fake.press(place.ada, where, str(number))


def _has(body: dict, label: str) -> bool:
    rows = [each for each in body["components"][-1]["components"] if each["type"] == 1]
    return any(button["label"] == label for row in rows for button in row["components"])


async def every_form(place: Place) -> None:
    place.bot.ears.says = FORM
    from_button = await place.fake.press(place.ada, place.message, "0")
    from_command = await place.fake.command(place.ada, place.channel, "settings")
    from_menu = await place.fake.message_command(place.fay, place.message, "Give feedback")
    place.bot.ears.says = Post("Kept", (Text("Kept."),))
    for shown in (from_button, from_command, from_menu):
        await place.fake.submit(place.ada, shown.form, {"a": "1", "b": "all of my **words**"})


async def every_message_command(place: Place) -> None:
    for where in (place.channel, place.thread, place.fake.dm_channel(place.fay)):
        written = await place.fake.reply(place.fay, where, "words that were written somewhere")
        for each in MESSAGE_COMMANDS:
            if each.for_facilitators and where == place.fake.dm_channel(place.fay):
                continue
            await place.fake.message_command(place.fay, written, each.label)


async def every_direct_message(place: Place) -> None:
    written = await place.fake.reply(place.ada, place.fake.dm_channel(place.ada), "my answer")
    await place.fake.edit(place.ada, written, "my better answer")
    await place.fake.delete(place.ada, written)


async def every_suggestion(place: Place) -> None:
    for spec in COMMANDS:
        for option in spec.options:
            offered = await place.fake.suggest(place.fay, place.channel, spec.name, option.name, "1")
            assert bool(offered) == (option.suggests is not None), (spec.name, option.name)


async def every_mention(place: Place) -> None:
    """In the thread: naming the bot, and answering one of its messages with the mention left on."""
    own = f"<@{place.fake.world.bot.id}>"
    written = await place.fake.reply(place.ada, place.thread, f"{own} here is my answer")
    await place.fake.edit(place.ada, written, f"{own} here is my better answer")
    ours = await place.bot.platform.post(place.thread, place.bot.platform.render(Post("x", (Text("y"),)), None)[0])
    await place.fake.reply(place.ada, ours, "an answer to what the bot said")


async def plain_thread_text(place: Place) -> None:
    written = await place.fake.reply(place.ada, place.thread, "in the thread")
    await place.fake.edit(place.ada, written, "in the thread, edited")
    ours = await place.bot.platform.post(place.thread, place.bot.platform.render(Post("x", (Text("z"),)), None)[0])
    await place.fake.reply(place.ada, ours, "an answer without the mention", notifies=False)


PARTS = (
    every_command, every_button, every_form, every_message_command, every_direct_message, every_suggestion,
    every_mention, plain_thread_text,
)  # fmt: skip


@dataclass
class Told:
    """What the ears were told, without what differs from run to run."""

    commands: list[tuple[str, dict[str, str]]]
    about: list[str | None]
    forms: list[tuple[str, dict[str, str]]]
    partials: list[tuple[str, str, str]]
    in_threads: list[str]
    direct: list[str]


async def told_of(part, content: bool) -> Told:
    """All that the ears are told of one part of the script."""
    ears = Listener(choices=(Choice("One", "1"),))
    async with FakeDiscord(message_content_intent=content) as fake, running(fake, ears) as bot:
        place = Place(fake, bot)
        await place.open()
        await part(place)
        await all_is_heard(place)
        assert fake.refusals() == ()
        names = {place.role: "ROLE", str(fake.world.bot.id): "BOT"}
        texts = [(each.thread, _named(each.text, names)) for each in map(_reply_of, ears.heard) if each]
        return Told(
            [(each.name, {key: _named(value, names) for key, value in each.options.items()}) for each in ears.commands],
            [each.about and each.about.text for each in ears.commands],
            [(form.action, dict(form.values)) for form in ears.forms],
            [(each.command, each.option, each.text) for each in ears.partials],
            sorted(text for thread, text in texts if thread and END not in text),
            sorted(text for thread, text in texts if not thread and END not in text),
        )


async def all_is_heard(place: Place) -> None:
    """What comes last in each place is heard with and without the intent, and nothing overtakes within a place."""
    last = [
        await place.fake.reply(place.ada, place.thread, f"<@{place.fake.world.bot.id}> {END}"),
        await place.fake.reply(place.ada, place.fake.dm_channel(place.ada), END),
        await place.fake.reply(place.fay, place.fake.dm_channel(place.fay), END),
    ]
    await until(lambda: {each.message for each in map(_reply_of, place.bot.ears.heard) if each} >= set(last), 10)


def _reply_of(heard: Heard) -> Reply | None:
    if isinstance(heard, ReplyDeleted):
        return None
    return heard.reply if isinstance(heard, ReplyEdited) else heard


def _named(text: str, names: dict[str, str]) -> str:
    for ref, name in names.items():
        text = text.replace(ref, name)
    return text


@pytest.mark.parametrize("part", PARTS[:-2], ids=lambda part: part.__name__)
async def test_without_the_intent_all_is_the_same_but_thread_text(part):
    with_it, without = await told_of(part, True), await told_of(part, False)
    assert without == replace(with_it, in_threads=[])
    assert bool(with_it.in_threads) == (part is every_message_command)


async def test_every_command_button_and_form_is_in_that_script():
    told = await told_of(every_command, False)
    assert {name for name, _ in told.commands} == {spec.name for spec in COMMANDS}
    takes = {spec.name: {option.name for option in spec.options} for spec in COMMANDS}
    assert all(options.keys() == takes[name] for name, options in told.commands)
    assert (await told_of(every_button, False)).commands == [from_action(action) for action in ACTIONS]
    picked = await told_of(every_message_command, False)
    assert {name for name, _ in picked.commands} == {each.name for each in MESSAGE_COMMANDS}
    assert set(picked.about) == {"words that were written somewhere"}
    assert (await told_of(every_form, False)).forms == [(FORM.action, {"a": "1", "b": "all of my **words**"})] * 3
    assert (await told_of(every_direct_message, False)).direct == ["my answer", "my better answer"]


async def test_of_thread_text_a_mention_of_the_bot_and_an_answer_to_it_still_come():
    with_it, without = await told_of(every_mention, True), await told_of(every_mention, False)
    assert without == with_it
    assert without.in_threads == [
        "<@BOT> here is my answer",
        "<@BOT> here is my better answer",
        "an answer to what the bot said",
    ]


async def test_of_plain_thread_text_nothing_comes_and_that_is_all_that_is_missed():
    with_it, without = await told_of(plain_thread_text, True), await told_of(plain_thread_text, False)
    assert without == replace(with_it, in_threads=[])
    assert with_it.in_threads == ["an answer without the mention", "in the thread", "in the thread, edited"]
