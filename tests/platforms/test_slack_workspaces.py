"""One platform in several workspaces: whose a reference is, whose token a call goes by, and who hears what."""

import json

import pytest
from slack_room import LESSON, KeepingEars, running, until
from slack_tenants import a_class, lesson, open_tenants, two_classes

from bot.chat.inbound import Person, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Copy, Mark, PlatformError, Reason, Seat
from bot.chat.post import Button, Buttons, Field, Form, Post, Text
from bot.clock import monotonic, system_clock
from bot.platforms.slack.client import SlackPlatform

KEY = "abcdefghijklmnopqrstuvwx"
FORM = Form("Your answer", "write:k1", (Field("answer", "Your answer"),))


@pytest.fixture(params=["socket", "http"])
async def both(request, database):
    async with two_classes(database.engine, http=request.param == "http") as opened:
        yield opened
        assert opened[0].fake.refusals() == ()


async def test_a_post_goes_out_by_its_own_workspaces_token(both):
    _tenants, platform, _, here, there = both
    for place in (here, there):
        ref = await lesson(platform, place)
        workspace, _, bare = ref.partition(":")
        assert workspace == place.workspace
        assert place.stage.world.find_message(bare).user == place.stage.world.bot_user


async def test_an_emoji_names_its_workspace_and_a_link_is_that_workspaces(both):
    tenants, platform, ears, here, there = both
    for place in (here, there):
        thread = await lesson(platform, place)
        message = await place.stage.reply(place.ada, thread.partition(":")[2], "mine")
        await place.stage.react(place.stage.add_person("Ben"), message, "clap")
        await tenants.fake.settle()
        [seen] = ears.seen
        ears.seen.clear()
        assert (seen.workspace, seen.message) == (place.workspace, f"{place.workspace}:{message}")
        assert platform.link(seen.message) is None, "nobody has asked where this workspace is found"
        await platform.probe(place.ref)
        assert platform.link(seen.message).endswith(f"/archives/{message.replace('/', '/p').replace('.', '')}")
    assert platform.link("T0NOBODY:C1/1.2") is None


async def test_a_reply_an_edit_and_a_deletion_name_their_workspace(both):
    tenants, platform, ears, here, there = both
    for place in (here, there):
        thread = await lesson(platform, place)
        message = await place.stage.reply(place.ada, thread.partition(":")[2], "mine")
        await place.stage.edit(place.ada, message, "better")
        await place.stage.delete(place.ada, message)
        await tenants.fake.settle()
        heard = list(ears.heard)
        ears.heard.clear()
        written = next(each for each in heard if isinstance(each, Reply))
        edited = next(each.reply for each in heard if isinstance(each, ReplyEdited))
        deleted = next(each for each in heard if isinstance(each, ReplyDeleted))
        assert {each.workspace for each in (written, edited, deleted)} == {place.workspace}
        assert {each.message for each in (written, edited, deleted)} == {f"{place.workspace}:{message}"}
        assert {each.thread for each in (written, edited, deleted)} == {thread}
        assert written.author.name == "Ada"


async def test_commands_buttons_and_forms_are_asked_and_answered_in_their_workspace(both):
    _tenants, platform, ears, here, there = both
    for place in (here, there):
        shown = await place.stage.command(place.ada, place.channel, "today")
        assert "You asked today" in shown.text
        asked = ears.commands.pop()
        assert (asked.workspace, asked.channel, asked.person.ref) == (place.workspace, place.ref, place.ada)
    ears.says = lambda command: FORM
    button = Post("P", (Buttons((Button("Write", "write:k1"),)),))
    ref = await platform.post(there.ref, platform.render(button, None)[0])
    shown = await there.stage.press(there.ada, ref.partition(":")[2], "Write")
    kept = await there.stage.submit(there.ada, shown.form, {"answer": "mine"})
    assert "It is kept." in kept.text
    assert [(form.workspace, form.channel) for form in ears.forms] == [(there.workspace, there.ref)]


async def test_a_channel_that_is_typed_is_one_of_the_same_workspace(both):
    _tenants, _platform, ears, here, there = both
    fay = here.stage.add_person("Fay", manages=True)
    for typed in (f"<#{here.channel}|cohort>", here.channel, f"{there.workspace}:{there.channel}", "here", "off"):
        await here.stage.slash(fay, here.channel, "/cohort", f"alerts {typed}")
    typed = [command.options["channel"] for command in ears.commands]
    assert typed == [here.ref, here.ref, f"{here.workspace}:{there.ref}", "here", "off"]


async def test_every_call_of_the_port_finds_its_workspace(both):
    _tenants, platform, _ears, here, there = both
    since = system_clock()
    for place in (here, there):
        message = await lesson(platform, place, KEY)
        bare = message.partition(":")[2]
        reply = await place.stage.reply(place.ada, bare, "mine")
        await platform.acknowledge(f"{place.workspace}:{reply}", Mark.KEPT)
        assert place.stage.reactions(reply) == {"white_check_mark"}
        found = await platform.find_posted(place.ref, {KEY}, since)
        assert found == {KEY: (Copy(message, 1),)}
        read = await platform.read_thread(message)
        assert [(each.workspace, each.thread, each.message) for each in read.replies] == [
            (place.workspace, message, f"{place.workspace}:{reply}")
        ]
        await platform.edit(message, platform.render(Post("Day 33", (Text("Read this."),)), KEY)[0])
        await platform.pin(message)
        await platform.pin(message)
        assert place.stage.world.channels[place.channel].pins == [bare.partition("/")[2]]
        await platform.unpin(message)
        await platform.unpin(message)
        await platform.say(message, LESSON, KEY)
        assert await platform.note(place.workspace, Person(place.ada, "Ada"), message, LESSON)
        await platform.probe(place.ref)
        assert place.stage.notes(place.ada)
        assert platform.place_after(place.ref, message) == place.ref
        await platform.remove(message)
        assert place.stage.posts(place.channel) == ()
    findings = await platform.examine([Seat(here.ref), Seat(there.ref)])
    assert [each for each in findings if not each.well] == []


async def test_the_retry_after_of_one_workspace_stops_no_other(both):
    tenants, platform, _, here, there = both
    tenants.fake.throttle("chat.postMessage", 60, here.stage)
    with pytest.raises(PlatformError) as busy:
        await lesson(platform, here)
    assert (busy.value.reason, busy.value.retry_after) == (Reason.BUSY, 60)
    began = monotonic()
    assert await lesson(platform, there)
    assert monotonic() - began < 10
    assert tenants.fake.hurried == ()


async def test_a_refused_token_blocks_its_own_workspace_and_says_how_to_cure_it(both):
    tenants, platform, _, here, there = both
    tenants.fake.remove_app(stage=here.stage)
    for _ in range(2):
        with pytest.raises(PlatformError) as refused:
            await lesson(platform, here)
        assert refused.value.reason is Reason.BOT_REMOVED, "a token's refusal would stop the whole platform"
        assert f"{tenants.app.public_url}/slack/install" in refused.value.detail
    assert await lesson(platform, there)


async def test_who_installs_again_goes_on_with_the_new_token(both):
    tenants, platform, ears, here, _there = both
    tenants.fake.remove_app("app_uninstalled", stage=here.stage)
    await tenants.fake.settle()
    with pytest.raises(PlatformError):
        await lesson(platform, here)
    await tenants.install(here.stage)
    assert len(tenants.returned) == 3
    assert await lesson(platform, here)
    thread = await lesson(platform, here)
    await here.stage.reply(here.ada, thread.partition(":")[2], "back again")
    await tenants.fake.settle()
    assert [heard.text for heard in ears.heard] == ["back again"]


@pytest.mark.parametrize("events", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")])
async def test_an_uninstalled_app_leaves_no_token_behind(both, events):
    tenants, platform, _, here, there = both
    tenants.fake.remove_app(*events, *events, stage=here.stage)
    await tenants.fake.settle()
    assert [each.workspace for each in await tenants.installs.list()] == [there.workspace]
    assert tenants.fake.lost == ()
    assert await lesson(platform, there)
    shown = await here.stage.command(here.ada, here.channel, "today")
    assert f"{tenants.app.public_url}/slack/install" in shown.text


async def test_people_who_take_their_own_token_back_remove_nothing(both):
    tenants, _, _, here, _there = both
    here.stage.world.tell({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}, "event_ts": "1.0"})
    await tenants.fake.settle()
    assert len(await tenants.installs.list()) == 2


async def test_an_uninstall_that_is_told_after_a_new_install_removes_nothing(both):
    tenants, platform, _, here, _there = both
    tenants.fake.remove_app("app_uninstalled", stage=here.stage)
    await tenants.fake.settle()
    old = next(each for each in tenants.fake.sent if each["event"]["type"] == "app_uninstalled")
    await tenants.install(here.stage)
    tenants.fake.send_event({**old, "event_id": "Ev1", "event_time": old["event_time"] - 60})
    await tenants.fake.settle()
    assert len(await tenants.installs.list()) == 2
    assert await lesson(platform, here)


async def test_a_shared_channels_event_belongs_to_the_installation_that_authorizes_it(both):
    tenants, platform, ears, here, _there = both
    thread = await lesson(platform, here)
    await here.stage.reply(here.ada, thread.partition(":")[2], "first")
    await tenants.fake.settle()
    sent = json.loads(json.dumps(tenants.fake.sent[-1] if tenants.fake.sent else here.stage._room.delivery.sent[-1]))
    ears.heard.clear()
    sent |= {"event_id": "EvShared", "team_id": "T0STRANGER", "context_team_id": "T0STRANGER"}
    sent["is_ext_shared_channel"] = True
    sent["event"]["team"] = "T0STRANGER"
    here.stage._room.delivery.send_callback(sent)
    await tenants.fake.settle()
    assert [(heard.workspace, heard.thread) for heard in ears.heard] == [(here.workspace, thread)]


async def test_what_nobody_has_installed_is_answered_and_heard_by_nobody(both):
    tenants, platform, ears, here, _there = both
    stranger = a_class(tenants.fake.add_workspace("T0STRANGER"))
    await stranger.stage.say(stranger.ada, stranger.stage.dm(stranger.ada), "hello")
    await tenants.fake.settle()
    assert ears.heard == []
    assert tenants.fake.lost == ()
    with pytest.raises(PlatformError) as refused:
        await lesson(platform, stranger)
    assert refused.value.reason is Reason.BOT_REMOVED
    for bare in (here.channel, "", "x:", ":", "T0OTHER:T0HOMEROOM:C1"):
        with pytest.raises(PlatformError):
            await platform.post(bare, platform.render(LESSON, None)[0])


async def test_an_organisation_that_has_the_app_is_one_workspace(database):
    async with open_tenants(database.engine) as tenants:
        first, second = tenants.fake.add_workspace("T0ONE", "E0ORG"), tenants.fake.add_workspace("T0TWO", "E0ORG")
        second.world.bot_user, second.world.bot_id = first.world.bot_user, first.world.bot_id
        done = await tenants.install(first, second, org_wide=True)
        assert "Org E0ORG" in done
        platform, ears = tenants.platform(), KeepingEars()
        async with running(platform, ears):
            for stage in (first, second):
                place = a_class(stage, "E0ORG")
                thread = await lesson(platform, place)
                await stage.reply(place.ada, thread.partition(":")[2], "mine")
                await stage.command(place.ada, place.channel, "today")
                await tenants.fake.settle()
                heard, asked = ears.heard.pop(), ears.commands.pop()
                assert (heard.workspace, heard.thread) == ("E0ORG", thread)
                assert (asked.workspace, asked.channel) == ("E0ORG", place.ref)
            tenants.fake.remove_app("tokens_revoked", stage=first)
            await tenants.fake.settle()
            assert await tenants.installs.list() == ()


async def test_a_workspaces_own_installation_goes_before_its_organisations(database):
    async with open_tenants(database.engine) as tenants:
        first = tenants.fake.add_workspace("T0ONE", "E0ORG")
        await tenants.install(first)
        await tenants.keep(None, enterprise_id="E0ORG", bot_token="xoxb-org", is_enterprise_install=True)
        found = [await tenants.installs.find_heard("E0ORG", team) for team in ("T0ONE", "T0TWO", None)]
        assert [each.workspace for each in found] == ["T0ONE", "E0ORG", "E0ORG"]
        assert await tenants.installs.find_heard(None, "T0TWO") is None
        assert (await tenants.installs.find_exactly("E0ORG", "T0TWO")) is None


async def test_with_a_single_token_references_stay_bare(database):
    async with open_tenants(database.engine) as tenants:
        from_token = SlackPlatform(tenants.fake.bot_token, tenants.fake.app_token, api_url=tenants.fake.api_url)
        ears, place = KeepingEars(), a_class(tenants.fake)
        async with running(from_token, ears):
            ref = await from_token.post(place.channel, from_token.render(LESSON, None)[0])
            await place.stage.reply(place.ada, ref, "mine")
            await until(lambda: ears.heard)
        assert ref.startswith(f"{place.channel}/")
        assert ears.heard[0].thread == ref
