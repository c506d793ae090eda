"""What DiscordPlatform does over REST, against the fake's real sockets."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from discord_stage import platform_for, running, speaking, until
from made_sharing import MadeSharing, Record

from bot.chat.inbound import Person
from bot.chat.port import BadToken, Copy, Mark, PlatformError, Reason, Seat, part_key
from bot.chat.post import Button, Buttons, Post, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, FaultPlan, Kind
from bot.platforms.discord.gateway import point_at
from bot.platforms.discord.refusals import Refusals
from bot.platforms.discord.rest import open_rest

KEY = "abcdefghijklmnopqrstuvw2"
OTHER = "zzzzzzzzzzzzzzzzzzzzzzz2"
PROMPT = Post("Prompt", (Text("Why does it matter?"), Buttons((Button("Write my answer", f"write:{KEY}", "primary"),))))


def past(minutes=5):
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def failure(awaitable):
    with pytest.raises(PlatformError) as caught:
        await awaitable
    return caught.value


async def test_a_post_goes_out_as_it_was_rendered_and_its_thread_is_opened_once():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        message = await bot.platform.post(channel, body)
        assert [call.body for call in fake.calls("POST /channels/*/messages")] == [body]
        thread = await bot.platform.open_thread(message, "Why does it matter? " * 20)
        assert await bot.platform.open_thread(message, "again") == thread
        (posted,) = fake.posts(channel)
        assert (posted.message, posted.thread) == (message, thread)
        assert [text for text in fake.refusals() if "160004" not in text] == []


async def test_the_same_key_twice_is_one_message():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        first = await bot.platform.post(channel, body)
        assert await bot.platform.post(channel, body) == first
        assert len(fake.posts(channel)) == 1


KINDS = [Kind.DROP, Kind.ERROR, Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR, Kind.LATE]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_post_that_broke_on_its_way_is_sent_again_unchanged_and_stands_once(kind, times):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.next_calls("POST /channels/*/messages", Fault(kind, 0.05), times)
        body = bot.platform.render(PROMPT, KEY)[0]
        message = await bot.platform.post(channel, body)
        assert [posted.message for posted in fake.posts(channel)] == [message]
        assert fake.plan.injected == {str(kind): times}
        assert all(call.body == body for call in fake.calls("POST /channels/*/messages"))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_stays_unclear_after_a_few_tries_is_told_as_unclear(kind):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.often("POST /channels/*/messages", Fault(kind, 0.05), 1.0)
        error = await failure(bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]))
        assert error.reason is Reason.UNCLEAR
        assert not error.permanent
        assert fake.plan.injected == {str(kind): 4}
        await until(lambda: len(fake.posts(channel)) == (kind not in (Kind.DROP, Kind.ERROR)))


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.ACCEPT_THEN_DROP])
async def test_a_message_that_discord_could_send_twice_is_sent_once(kind):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        for lacking in ("nonce", "enforce_nonce"):
            fake.plan.next_calls("POST /channels/*/messages", Fault(kind))
            error = await failure(bot.platform.post(channel, {**body, lacking: None}))
            assert error.reason is Reason.UNCLEAR
        assert fake.plan.injected == {str(kind): 2}


async def test_a_refusal_after_a_try_that_may_have_worked_proves_nothing():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.ACCEPT_THEN_DROP))
        posting = asyncio.create_task(bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]))
        await until(lambda: fake.posts(channel))
        fake.take_permission(channel, "send_messages")
        assert (await failure(posting)).reason is Reason.UNCLEAR


async def test_a_post_that_the_library_sends_again_after_a_502_is_one_message():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.rest.error_status = 502
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.ACCEPT_THEN_ERROR))
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        assert [posted.message for posted in fake.posts(channel)] == [message]


async def test_a_429_behind_a_502_proves_nothing():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.rest.error_status = 502
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.ACCEPT_THEN_ERROR))
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.BUSY, 9))
        error = await failure(bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]))
        assert (error.reason, error.retry_after) == (Reason.UNCLEAR, 9)


async def test_a_burst_stays_below_the_limit_over_all_routes():
    async with FakeDiscord() as fake, running(fake) as bot:
        channels = [fake.add_channel(f"cohort-{number}") for number in range(70)]
        body = {"flags": 32768, "components": [{"type": 10, "content": "x"}], "allowed_mentions": {"parse": []}}
        await asyncio.gather(*(bot.platform.post(channel, body) for channel in channels))
        assert fake.throttled().total() == 0
        assert all(len(fake.posts(channel)) == 1 for channel in channels)


async def test_a_busy_discord_is_told_at_once_with_its_wait():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.BUSY, 40))
        error = await asyncio.wait_for(failure(bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])), 1)
        assert (error.reason, error.retry_after) == (Reason.BUSY, 40)
        assert fake.posts(channel) == ()


async def test_a_429_that_is_not_discords_own_is_tried_again():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.rest.busy_with_via = False
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.BUSY))
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        assert [posted.message for posted in fake.posts(channel)] == [message]
        fake.plan.often("POST /channels/*/messages", Fault(Kind.BUSY), 1.0)
        error = await failure(bot.platform.post(channel, bot.platform.render(PROMPT, OTHER)[0]))
        assert error.reason is Reason.BUSY
        assert fake.plan.injected == {"busy": 5}


async def test_a_refusal_names_its_reason():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        fake.take_permission(channel, "send_messages")
        assert (await failure(bot.platform.post(channel, body))).reason is Reason.MISSING_PERMISSION
        assert (await failure(bot.platform.post("1234", body))).reason is Reason.CHANNEL_GONE
        fake.give_permission(channel, "send_messages")
        assert (await failure(bot.platform.post(channel, {"content": ""}))).reason is Reason.REFUSED
        fake.delete_channel(channel)
        assert (await failure(bot.platform.post(channel, body))).reason is Reason.CHANNEL_GONE


async def test_a_message_that_was_deleted_since_it_was_accepted_is_refused_and_says_so():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        fake.remove(await bot.platform.post(channel, body))
        error = await failure(bot.platform.post(channel, body))
        assert error.reason is Reason.REFUSED
        assert "deleted since" in error.detail


async def test_a_bot_that_was_kicked_is_told_from_one_without_permission():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.take_permission(channel, "view_channel")
        body = bot.platform.render(PROMPT, KEY)[0]
        assert (await failure(bot.platform.post(channel, body))).reason is Reason.MISSING_PERMISSION
        fake.kick_bot()
        await asyncio.sleep(0.05)  # until the gateway has told it
        assert (await failure(bot.platform.post(channel, body))).reason is Reason.BOT_REMOVED


async def test_a_revoked_token_ends_the_run_with_one_sentence():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.revoke_token()
        with pytest.raises(BadToken, match="DISCORD_TOKEN"):
            await asyncio.wait_for(bot.task, 5)
        error = await failure(bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]))
        assert error.reason is Reason.TOKEN_REVOKED


async def test_a_wrong_token_is_one_sentence_that_says_where_to_find_it():
    async with FakeDiscord() as fake:
        platform = platform_for(fake, "wrong")
        with pytest.raises(BadToken, match=r"DISCORD_TOKEN.*discord\.com/developers"):
            await platform.run(None, lambda: None)


async def test_a_call_before_the_connection_stands_is_busy():
    async with FakeDiscord() as fake:
        error = await failure(platform_for(fake).post("1", {}))
        assert error.reason is Reason.BUSY


async def test_posted_messages_are_found_by_their_part_keys_beyond_one_page():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        parts = [await bot.platform.post(channel, body) for body in bot.platform.render(long_post(), KEY)]
        for number in range(230):
            await fake.reply(ada, channel, f"chatter {number} hr:part|{OTHER}")
        last = await bot.platform.post(channel, bot.platform.render(PROMPT, OTHER)[0])
        keys = [*(part_key(KEY, number) for number in range(len(parts))), OTHER, "y" * 24]
        found = await bot.platform.find_posted(channel, keys, past())
        expected = {part_key(KEY, n): ref for n, ref in enumerate(parts)} | {OTHER: last}
        assert found == {key: (Copy(message),) for key, message in expected.items()}
        assert await bot.platform.find_posted(channel, [KEY], datetime.now(UTC) + timedelta(minutes=5)) == {}


async def test_every_copy_is_found_oldest_first_with_what_stands_under_it():
    async with FakeDiscord(nonce_seconds=0) as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        body = bot.platform.render(PROMPT, KEY)[0]
        copies = [await bot.platform.post(channel, body) for _ in range(3)]
        threads = [await bot.platform.open_thread(message, "Why?") for message in copies[:2]]
        written = [await fake.reply(ada, threads[1], f"answer {number}") for number in range(3)]
        await fake.delete(ada, written[0])
        found = await bot.platform.find_posted(channel, [KEY], past())
        assert found == {KEY: (Copy(copies[0], 0), Copy(copies[1], 2), Copy(copies[2], 0))}


@pytest.mark.parametrize("kind", [None, Kind.DROP, Kind.ACCEPT_THEN_DROP])
async def test_a_message_is_removed_and_one_that_is_gone_is_the_same_success(kind):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        if kind is not None:
            fake.plan.next_calls("DELETE /channels/*/messages/*", Fault(kind))
        await bot.platform.remove(message)
        assert fake.posts(channel) == ()
        await bot.platform.remove(message)
        fake.delete_channel(channel)
        await bot.platform.remove(message)
        assert fake.refusals() == ()


async def test_a_probe_reads_only_and_says_all_that_is_missing():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        await bot.platform.probe(channel)
        lacking = ["send_messages", "create_public_threads", "send_messages_in_threads", "read_message_history",
                   "add_reactions"]  # fmt: skip
        for name in lacking:
            fake.take_permission(channel, name)
        error = await failure(bot.platform.probe(channel))
        assert (error.reason, error.detail) == (
            Reason.MISSING_PERMISSION,
            "Send Messages, Create Public Threads, Send Messages in Threads, Read Message History, Add Reactions",
        )
        fake.take_permission(channel, "view_channel")
        error = await failure(bot.platform.probe(channel))
        assert (error.reason, error.detail) == (Reason.MISSING_PERMISSION, "View Channel")
        assert {call.call.split()[0] for call in fake.calls("* /channels/*")} == {"GET"}


async def test_a_probe_tells_what_is_no_channel_and_where_the_bot_is_not():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        thread = await bot.platform.open_thread(
            await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]), "Why?"
        )
        for unfit in (thread, fake.dm_channel(ada), "1234"):
            assert (await failure(bot.platform.probe(unfit))).reason is Reason.CHANNEL_GONE
        fake.archive_thread(thread)
        assert "archived" in (await failure(bot.platform.probe(thread))).detail
        other = fake.add_channel("elsewhere", fake.add_workspace("Elsewhere"))
        await bot.platform.probe(other)
        fake.delete_channel(other)
        assert (await failure(bot.platform.probe(other))).reason is Reason.CHANNEL_GONE


async def test_a_probe_by_a_process_that_only_posts_knows_a_bot_that_is_nowhere():
    async with FakeDiscord() as fake, speaking(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.kick_bot()
        assert (await failure(bot.platform.probe(channel))).reason is Reason.BOT_REMOVED
        fake.invite_bot()
        await bot.platform.probe(channel)
        fake.revoke_token()
        assert (await failure(bot.platform.probe(channel))).reason is Reason.TOKEN_REVOKED


async def test_who_only_posts_opens_no_session_and_waits_for_discord():
    fake = FakeDiscord()
    await fake.start()
    await fake.stop()
    async with speaking(fake, wait=False) as bot:
        assert (await failure(bot.platform.post("1", {}))).reason is Reason.BUSY
        async with fake:
            await until(lambda: bot.readies)
            channel = fake.add_channel("cohort")
            await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
            assert (len(bot.readies), fake.identifies()) == (1, 0)
    async with FakeDiscord() as fake:
        with pytest.raises(BadToken, match="DISCORD_TOKEN"):
            await platform_for(fake, "wrong").speak(lambda: None)


async def test_a_token_that_is_revoked_later_costs_one_refusal():
    async with FakeDiscord() as fake, speaking(fake) as bot:
        channel = fake.add_channel("cohort")
        body = bot.platform.render(PROMPT, KEY)[0]
        fake.revoke_token()
        errors = [await failure(bot.platform.post(channel, body)) for _ in range(5)]
        assert {error.reason for error in errors} == {Reason.TOKEN_REVOKED}
        with pytest.raises(BadToken, match="DISCORD_TOKEN"):
            await asyncio.wait_for(bot.task, 5)
        assert (await failure(bot.platform.post(channel, body))).reason is Reason.TOKEN_REVOKED
        assert fake.invalid_requests() == 1


@pytest.mark.parametrize("most", [20, 1_000])
async def test_refused_calls_stop_long_before_discord_bans_the_address(most):
    async with FakeDiscord() as fake:
        channel = fake.add_channel("cohort")
        fake.take_permission(channel, "send_messages")
        sharing = MadeSharing(Record())
        point_at(fake.api_url, fake.gateway_url)
        async with open_rest(fake.token, sharing, Refusals(sharing, most)) as rest:
            errors = [
                await failure(
                    rest.call("POST", "/channels/{channel_id}/messages", {"content": "x"}, channel_id=channel)
                )
                for _ in range(40)
            ]
        assert fake.invalid_requests() == min(most + 1, 40)
        assert [error.reason is Reason.BUSY for error in errors] == [number > most for number in range(40)]
        assert all(error.retry_after > 500 for error in errors if error.reason is Reason.BUSY)


async def test_an_unreadable_history_is_no_proof_that_nothing_is_there():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        fake.take_permission(channel, "read_message_history")
        error = await failure(bot.platform.find_posted(channel, [KEY], past()))
        assert error.reason is Reason.MISSING_PERMISSION
        thread = await bot.platform.open_thread(message, "t")
        assert (await failure(bot.platform.read_thread(thread))).reason is Reason.MISSING_PERMISSION


async def test_permission_lost_between_the_pages_is_no_proof_that_nothing_is_there():
    class LosesIt(FaultPlan):
        pages = 0

        def meet(self, call: str) -> Fault | None:
            self.pages += call.startswith("GET") and call.endswith("/messages")
            if self.pages == 2:
                fake.take_permission(channel, "read_message_history")
            return super().meet(call)

    async with FakeDiscord(plan=LosesIt()) as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        for number in range(120):
            await fake.reply(ada, channel, f"chatter {number}")
        error = await failure(bot.platform.find_posted(channel, [KEY], past()))
        assert error.reason is Reason.MISSING_PERMISSION


async def test_looking_costs_one_call_and_reading_a_thread_two():
    """Every lesson is looked for three times, and every thread read sixty times."""
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        thread = await bot.platform.open_thread(message, "t")
        await fake.reply(fake.add_person("Ada"), thread, "an answer")
        before = len(fake.calls())
        assert (await bot.platform.find_posted(channel, [KEY, OTHER], past())).keys() == {KEY}
        assert len(fake.calls()) - before == 1
        assert (await bot.platform.read_thread(thread)).complete
        assert len(fake.calls()) - before == 3


async def test_a_thread_is_read_whole_as_it_stands():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada, grace = fake.add_channel("cohort"), fake.add_person("Ada"), fake.add_person("Grace")
        thread = await bot.platform.open_thread(
            await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0]), "Why?"
        )
        sent = [await fake.reply(ada if n % 2 else grace, thread, f"answer {n}") for n in range(130)]
        await fake.edit(grace, sent[0], "answer 0, better")
        await fake.delete(ada, sent[1])
        fake.post_as_other_bot(thread, "beep")
        await bot.platform.post(thread, bot.platform.render(PROMPT, OTHER)[0])
        reading = await bot.platform.read_thread(thread)
        assert reading.complete
        assert {reply.message: reply.text for reply in reading.replies} == fake.replies(thread)
        assert [reply.message for reply in reading.replies] == [sent[0], *sent[2:]]
        first = reading.replies[0]
        assert (first.platform, first.workspace, first.thread) == ("discord", fake.workspace, thread)
        assert (first.author.name, first.text, first.revision > 0) == ("Grace", "answer 0, better", True)
        assert reading.replies[1].revision == 0


async def test_a_thread_whose_words_are_kept_from_us_is_not_complete():
    async with FakeDiscord(message_content_intent=False) as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        thread = await bot.platform.open_thread(message, "Why?")
        await fake.reply(ada, thread, "mine")
        reading = await bot.platform.read_thread(thread)
        assert (reading.replies, reading.complete) == ((), False)


async def test_a_listing_that_fails_on_its_second_page_raises():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        thread = await bot.platform.open_thread(message, "Why?")
        for number in range(120):
            await fake.reply(ada, thread, f"answer {number}")
        fake.plan.next_calls("GET /channels/*/messages", Fault(Kind.SLOW, 0.0))
        fake.plan.next_calls("GET /channels/*/messages", Fault(Kind.ERROR))
        assert (await failure(bot.platform.read_thread(thread))).reason is Reason.UNCLEAR


async def test_an_acknowledgement_is_a_reaction_and_twice_is_once():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await fake.reply(ada, channel, "mine")
        await bot.platform.acknowledge(message, Mark.KEPT)
        await bot.platform.acknowledge(message, Mark.KEPT)
        assert fake.reactions(message) == {"✅"}
        await bot.platform.acknowledge(message, Mark.COMPLETE)
        assert fake.reactions(message) == {"✅", "🎉"}


async def test_a_note_is_a_direct_message_and_closed_ones_are_no_failure():
    async with FakeDiscord() as fake, running(fake) as bot:
        ada, grace = fake.add_person("Ada"), fake.add_person("Grace")
        await bot.platform.note(fake.workspace, Person(ada, "Ada"), None, Post("Kept", (Text("Kept, thank you."),)))
        assert fake.notes(ada) == ("Kept, thank you.",)
        fake.close_dms(grace)
        await bot.platform.note(fake.workspace, Person(grace, "Grace"), None, Post("Kept", (Text("Kept."),)))
        assert fake.notes(grace) == ()


async def test_a_fast_answer_is_not_held_back_by_an_exhausted_route():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        started = asyncio.get_running_loop().time()
        bodies = bot.platform.render(long_post(), KEY)[:5]
        assert len(bodies) == 5
        for body in bodies:
            await bot.platform.post(channel, body)
        assert asyncio.get_running_loop().time() - started < 2
        assert len(fake.posts(channel)) == 5


async def test_examine_says_what_is_missing_and_how_to_cure_it():
    async with FakeDiscord(message_content_intent=False) as fake:
        channel = fake.add_channel("cohort")
        for name in ("add_reactions", "send_messages_in_threads"):
            fake.take_permission(channel, name)
        findings = await platform_for(fake).examine([Seat(channel), Seat("12345")])
        unwell = [finding for finding in findings if not finding.well]
        assert [finding.says for finding in unwell][1:] == [
            "“Send Messages in Threads” is not allowed.",
            "“Add Reactions” is not allowed.",
            "It does not exist (any more).",
        ]
        assert "Message Content Intent" in unwell[0].cure
        assert all(finding.cure for finding in unwell)
        assert not any(finding.cure for finding in findings if finding.well)


async def test_examine_of_a_healthy_bot_finds_all_well_and_of_a_wrong_token_names_the_setting():
    async with FakeDiscord() as fake:
        channel = fake.add_channel("cohort")
        assert all(finding.well for finding in await platform_for(fake).examine([Seat(channel)]))
        (finding,) = await platform_for(fake, "wrong").examine([Seat(channel)])
        assert "DISCORD_TOKEN" in finding.cure


async def test_examine_of_a_discord_that_is_away_is_a_finding():
    async with FakeDiscord() as fake:
        platform = platform_for(fake)
    (finding,) = await platform.examine([Seat("1")])
    assert not finding.well


def long_post():
    return Post(
        "Day 32", tuple(Text(f"Paragraph {n}. " + "It goes on and on, and then it ends. " * 60) for n in range(9))
    )
