"""What the doctor says of each thing that can be missing: its name, and the cure with the page where it is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from discord_stage import platform_for
from slack_room import Room, open_room

from bot.chat.port import Finding, Seat
from bot.chat.skew import clock_finding
from bot.clock import system_clock
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.permissions import NEEDED, WHERE_ASKED
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.examine import SCOPES
from bot.platforms.slack.scopes import OPTIONAL

NOW = datetime(2026, 9, 7, 7, tzinfo=UTC)


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord:
        yield discord


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[Room]:
    async with open_room() as room:
        yield room


async def unwell(platform: object, *seats: Seat) -> list[Finding]:
    findings = await platform.examine(seats)  # type: ignore[attr-defined]
    assert all(each.cure for each in findings if not each.well)
    assert not any(each.cure for each in findings if each.well)
    return [each for each in findings if not each.well]


# Discord


async def test_a_healthy_bot_is_told_so_and_nothing_else(fake: FakeDiscord) -> None:
    seat = Seat(fake.add_channel("cohort"))
    assert await unwell(platform_for(fake), seat) == []


@pytest.mark.parametrize(("name", "shown"), [*NEEDED.items(), *WHERE_ASKED.items()])
async def test_each_permission_that_is_missing_is_named_with_the_channels_own_page(
    fake: FakeDiscord, name: str, shown: str
) -> None:
    channel = fake.add_channel("cohort")
    fake.give_permission(channel, "pin_messages")
    assert await unwell(platform_for(fake), Seat(channel, pins=True)) == []
    fake.take_permission(channel, name)
    (found,) = await unwell(platform_for(fake), Seat(channel, pins=True))
    if name == "view_channel":
        assert "does not see it" in found.says or "View Channel" in found.says
        assert "View Channel" in found.cure
    else:
        assert f"“{shown}” is not allowed." in found.says
        assert f"https://discord.com/channels/{fake.workspace}/{channel}" in found.cure


async def test_pins_are_asked_for_only_where_lessons_are_pinned(fake: FakeDiscord) -> None:
    channel = fake.add_channel("cohort")
    fake.take_permission(channel, "pin_messages")
    assert await unwell(platform_for(fake), Seat(channel)) == []
    assert "not pinned" in (await unwell(platform_for(fake), Seat(channel, pins=True)))[0].says


async def test_the_intent_that_is_off_is_named_with_what_is_lost_and_what_is_not(fake: FakeDiscord) -> None:
    fake.message_content_intent = False
    (found,) = await unwell(platform_for(fake))
    assert "cannot be read and is not kept" in found.says
    assert "Write my answer" in found.says
    assert "/bot → Privileged Gateway Intents" in found.cure
    assert "https://discord.com/developers/applications/" in found.cure


async def test_a_bot_that_is_in_no_server_gets_the_link_that_invites_it(fake: FakeDiscord) -> None:
    channel = fake.add_channel("cohort")
    fake.kick_bot()
    servers, place = await unwell(platform_for(fake), Seat(channel))
    assert "in no server" in servers.says
    for found in (servers, place):
        assert "https://discord.com/oauth2/authorize?client_id=" in found.cure


async def test_a_forum_is_asked_for_its_tags_and_a_media_channel_is_refused(fake: FakeDiscord) -> None:
    forum = fake.add_forum("cohort", tags=("Part A", "lab"))
    assert await unwell(platform_for(fake), Seat(forum, labels=("Part A", "Lab"))) == []
    (found,) = await unwell(platform_for(fake), Seat(forum, labels=("Part A", "Part B", "Lab", "Review")))
    assert found.says == "The forum has no tag for: Part B, Review."
    fake.take_permission(forum, "create_public_threads")  # not needed there
    assert await unwell(platform_for(fake), Seat(forum, labels=("Part A",))) == []


async def test_a_role_that_may_not_be_mentioned_or_is_gone_is_named(fake: FakeDiscord) -> None:
    channel = fake.add_channel("cohort")
    (gone,) = await unwell(platform_for(fake), Seat(channel, ping="12345"))
    assert "does not exist" in gone.says
    (deaf,) = await unwell(platform_for(fake), Seat(channel, ping=fake.workspace))  # a guild's first role has its id
    assert "may not be mentioned" in deaf.says
    assert "Allow anyone to @mention this role" in deaf.cure


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("Bot abc.def.ghi", "leave “Bot ” away"),
        ("1024938475610293847", "a number"),
        ("0123456789abcdef" * 4, "public key"),
        ("abcdefghijklmnopqrstuvwxyz012345", "client secret"),
        ("abc.def.ghi", ""),
    ],
)
async def test_what_is_copied_instead_of_the_token_is_recognised(fake: FakeDiscord, token: str, kind: str) -> None:
    (found,) = await unwell(platform_for(fake, token))
    assert kind in found.says
    assert "DISCORD_TOKEN" in found.cure
    assert token not in found.says + found.cure


# Slack


async def test_a_healthy_app_is_told_so_and_nothing_else(slack: Room) -> None:
    assert await unwell(slack.platform, Seat(slack.channel)) == []


@pytest.mark.parametrize("scope", SCOPES)
async def test_each_scope_that_is_missing_is_named_with_the_apps_own_page(slack: Room, scope: str) -> None:
    slack.fake.take_scope(scope)
    found = await unwell(slack.platform, Seat(slack.channel))
    (scopes,) = [each for each in found if each.subject == "Slack scopes"]
    assert scopes.says == f"Missing: {scope}."
    assert "https://api.slack.com/apps" in scopes.cure
    assert "/oauth" in scopes.cure
    if scope != "users:read":  # without it the app's number cannot be asked for
        assert "https://api.slack.com/apps/A" in scopes.cure


async def test_a_scope_that_may_be_left_out_is_told_and_nothing_amiss_unless_it_is_asked_for(slack: Room) -> None:
    for scope in OPTIONAL:
        slack.fake.take_scope(scope)
    assert await unwell(slack.platform, Seat(slack.channel)) == []
    told = [each.says for each in await slack.platform.examine([Seat(slack.channel)]) if each.subject == "Slack scopes"]
    assert all(lost in told[0] for lost in OPTIONAL.values())
    (found,) = await unwell(slack.platform, Seat(slack.channel, pins=True))
    assert found.says == "Missing: pins:write."


async def test_a_channel_that_is_archived_or_that_the_app_is_not_in_is_named(slack: Room) -> None:
    archived, strange = slack.fake.add_channel("old"), slack.fake.add_channel("strange")
    slack.fake.archive_channel(archived)
    slack.fake.remove_bot(strange)
    first, second, third = await unwell(slack.platform, Seat(archived), Seat(strange), Seat("C404"))
    assert (first.says, second.says) == ("It is archived.", "Homeroom is not a member.")
    assert "/invite @Homeroom" in second.cure
    assert "channel_not_found" in third.says


@pytest.mark.parametrize(
    ("bot", "app", "says"),
    [
        ("xoxp-1", "xapp-1", "a person's token"),
        ("xapp-1", "xapp-1", "belongs into SLACK_APP_TOKEN"),
        ("xoxe-1", "xapp-1", "refresh"),
        ("secret", "xapp-1", "begins with no xoxb-"),
        ("xoxb-homeroom", "xoxb-1", "belongs into SLACK_BOT_TOKEN"),
        ("xoxb-homeroom", "xapp-wrong", "opens no socket"),
        ("xoxb-wrong", "xapp-1", "refuses it: invalid_auth"),
    ],
)
async def test_a_token_of_another_kind_is_recognised(slack: Room, bot: str, app: str, says: str) -> None:
    own = slack.fake.bot_token if bot == "xoxb-homeroom" else bot
    platform = SlackPlatform(own, slack.fake.app_token if app == "xapp-1" else app, api_url=slack.fake.api_url)
    found = await unwell(platform)
    assert any(says in each.says for each in found), found
    assert all("https://api.slack.com/apps" in each.cure for each in found)


async def test_no_way_to_hear_slack_is_named(slack: Room) -> None:
    platform = SlackPlatform(slack.fake.bot_token, None, api_url=slack.fake.api_url)
    (found,) = await unwell(platform)
    assert "No way to hear Slack" in found.says


# the clock


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (timedelta(seconds=59), None),
        (timedelta(seconds=-59), None),
        (timedelta(seconds=90), "90 seconds ahead of"),
        (timedelta(minutes=-7), "7 minutes behind"),
        (timedelta(hours=5), "5 hours ahead of"),
    ],
)
def test_a_clock_that_is_off_is_named_with_how_far(off: timedelta, says: str | None) -> None:
    finding = clock_finding("Slack", "Mon, 07 Sep 2026 07:00:00 GMT", NOW + off)
    assert finding is not None
    assert finding.well == (says is None)
    assert (says or "agrees") in finding.says


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 99 Sep 2026 07:00:00 GMT", "\x00"])
def test_a_date_that_cannot_be_read_says_nothing(date: str | None) -> None:
    assert clock_finding("Slack", date, NOW) is None


async def test_both_platforms_tell_what_time_it_is(fake: FakeDiscord, slack: Room) -> None:
    def ahead() -> datetime:
        return system_clock() + timedelta(hours=1)

    for platform in (
        platform_for(fake, clock=ahead),
        SlackPlatform(slack.fake.bot_token, slack.fake.app_token, api_url=slack.fake.api_url, clock=ahead),
    ):
        (found,) = await unwell(platform)
        assert (found.subject, "60 minutes ahead of" in found.says) == ("Clock", True)
        assert "NTP" in found.cure


async def test_a_discord_that_is_away_is_one_finding() -> None:
    async with FakeDiscord() as gone:
        platform = platform_for(gone)
    (found,) = await unwell(platform, Seat("1"))
    assert "Discord did not answer" in found.says
