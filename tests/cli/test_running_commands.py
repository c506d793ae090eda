"""run and doctor, against the fakes of the two services."""

import asyncio
import signal
from pathlib import Path

from homeroom_command import Homeroom, Ran, run, spawn

from bot.fakes.discord import FakeDiscord
from bot.fakes.slack import FakeSlack


def discord_settings(fake: FakeDiscord, token: str | None = None) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": token or fake.token,
        "DISCORD_API_URL": fake.api_url,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
    }


def slack_settings(fake: FakeSlack, **wrong: str) -> dict[str, str]:
    right = {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token, "SLACK_API_URL": fake.api_url}
    return right | wrong


def assert_one_sentence(ran: Ran, *parts: str) -> None:
    """Log lines apart, what is said is one line, and it is no traceback."""
    said = [line for line in ran.err.strip().split("\n") if " INFO " not in line and " WARNING " not in line]
    assert ran.code == 2, ran
    assert len(said) == 1, ran.err
    assert all(part in said[0] for part in parts), said


def test_without_settings_run_says_what_to_set(homeroom: Homeroom):
    ran = homeroom("run")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    for name in ("DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "homeroom demo"):
        assert name in ran.err


def test_half_of_slack_is_told_apart(homeroom: Homeroom):
    homeroom.set(SLACK_BOT_TOKEN="xoxb-1")
    ran = homeroom("run")
    assert ran.code == 2
    assert "SLACK_APP_TOKEN" in ran.err
    assert "SLACK_SIGNING_SECRET" in ran.err
    assert "xoxb-1" not in ran.err


def test_every_unusable_setting_is_named_at_once_and_no_value_shown(homeroom: Homeroom):
    homeroom.set(DISCORD_API_URL="ftp://secret", DISCORD_GATEWAY_URL="http://secret", WEB_PORT="99999")
    ran = homeroom("run")
    assert ran.code == 2
    assert [line.split(":")[0] for line in ran.err.strip().split("\n")] == [
        "DISCORD_API_URL",
        "DISCORD_GATEWAY_URL",
        "WEB_PORT",
    ]
    assert "secret" not in ran.err


async def test_a_wrong_token_ends_in_one_sentence(tmp_path: Path):
    async with FakeDiscord() as discord, FakeSlack(rate=None) as slack:
        for name in ("d", "b", "a"):
            (tmp_path / name).mkdir()
        wrong_discord, wrong_bot, wrong_app = await asyncio.gather(
            run(tmp_path / "d", "run", **discord_settings(discord, token="MTIz.wrong.token")),
            run(tmp_path / "b", "run", **slack_settings(slack, SLACK_BOT_TOKEN="xoxb-wrong")),
            run(tmp_path / "a", "run", **slack_settings(slack, SLACK_APP_TOKEN="xapp-wrong")),
        )
    assert_one_sentence(wrong_discord, "DISCORD_TOKEN", "discord.com/developers")
    assert_one_sentence(wrong_bot, "SLACK_BOT_TOKEN", "api.slack.com/apps")
    assert_one_sentence(wrong_app, "SLACK_APP_TOKEN", "api.slack.com/apps")
    for ran in (wrong_discord, wrong_bot, wrong_app):
        assert "wrong" not in ran.err


async def test_it_runs_on_both_refuses_a_second_one_and_stops_when_told(tmp_path: Path):
    async with FakeDiscord() as discord, FakeSlack(rate=None) as slack:
        settings = discord_settings(discord) | slack_settings(slack)
        process = await spawn(tmp_path, "run", **settings)
        lines: list[str] = []
        ready = asyncio.create_task(_until_ready(process, lines, 2))
        await asyncio.wait_for(ready, 20)
        second = await run(tmp_path, "run", **settings)
        assert_one_sentence(second, "another Homeroom is running on", "DATABASE_URL")
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), 15)
        said = "".join(lines) + rest.decode()
        assert process.returncode == 0
        assert "Traceback" not in said
        assert "stopped" in said
        for token in (discord.token, slack.bot_token, slack.app_token):
            assert token not in said


async def _until_ready(process: asyncio.subprocess.Process, lines: list[str], platforms: int) -> None:
    while sum("outcome=ready" in line for line in lines) < platforms:
        line = await process.stderr.readline()
        assert line, "".join(lines)
        lines.append(line.decode())


async def test_doctor_finds_nothing_amiss_where_all_is_well(tmp_path: Path):
    async with FakeDiscord() as discord, FakeSlack(rate=None) as slack:
        channel, room = discord.add_channel("cohort"), slack.add_channel("cohort")
        settings = discord_settings(discord) | slack_settings(slack)
        for name, platform, place, workspace in (
            ("One", "discord", channel, discord.workspace),
            ("Two", "slack", room, slack.workspace),
        ):
            words = ("--platform", platform, "--channel", place, "--workspace", workspace, "--start", "2030-09-02")
            assert (await run(tmp_path, "cohort", "create", name, *words, **settings)).code == 0
        ran = await run(tmp_path, "doctor", "--json", **settings)
    assert [each for each in ran.json if not each["well"]] == []
    assert ran.code == 0
    said = " ".join(f"{each['subject']} {each['says']}" for each in ran.json)
    for part in ("Course", "Database", "One: day 31 at 2030-09-02 09:00 UTC", "Two: day 31"):
        assert part in said


async def test_doctor_names_each_thing_that_is_wrong_with_its_cure(tmp_path: Path):
    async with FakeDiscord(message_content_intent=False) as discord, FakeSlack(rate=None) as slack:
        channel = discord.add_channel("cohort")
        discord.take_permission(channel, "send_messages")
        slack.take_scope("chat:write")
        settings = discord_settings(discord) | slack_settings(slack)
        words = ("--platform", "discord", "--channel", channel, "--workspace", discord.workspace)
        assert (await run(tmp_path, "cohort", "create", "One", *words, **settings)).code == 0
        ran = await run(tmp_path, "doctor", "--json", **settings)
    wrong = [each for each in ran.json if not each["well"]]
    assert ran.code == 1
    assert all(each["cure"] for each in wrong)
    said = " ".join(f"{each['subject']}: {each['says']} {each['cure']}".lower() for each in wrong)
    for part in ("message content", "send messages", "chat:write"):
        assert part in said, said


def test_doctor_without_anything_says_what_is_missing(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(homeroom.folder))
    ran = homeroom("doctor", "--json")
    assert ran.code == 1
    assert {each["subject"] for each in ran.json if not each["well"]} == {"Course", "Platforms"}
    assert "is not there yet" in next(each["says"] for each in ran.json if each["subject"] == "Database")
    assert all(each["cure"] for each in ran.json if not each["well"])
    shown = homeroom("doctor")
    assert "CURE" in shown.out
    assert "homeroom check" in shown.out


async def test_doctor_where_nobody_answers_says_so(tmp_path: Path):
    settings = {
        "DISCORD_TOKEN": "x.y.z",
        "DISCORD_API_URL": "http://127.0.0.1:1/api/v10",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": "http://127.0.0.1:1/api/",
    }
    ran = await run(tmp_path, "doctor", "--json", **settings)
    assert ran.code == 1
    ill = {each["subject"].split()[0] for each in ran.json if not each["well"] and each["cure"]}
    assert ill == {"Discord", "Slack"}, ran.out
    assert "Traceback" not in ran.err
