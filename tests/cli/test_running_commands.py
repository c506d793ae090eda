"""run and doctor, against the fakes of the two services."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from homeroom_command import Homeroom, Ran, run, spawn
from sqlalchemy import make_url

from bot.config import HOME, Settings
from bot.engine import queue
from bot.engine.ticks import Role
from bot.fakes.discord import FakeDiscord
from bot.fakes.slack import FakeSlack
from bot.store import schema
from bot.store.database import open_engine


def discord_settings(fake: FakeDiscord, token: str | None = None) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": token or fake.token,
        "DISCORD_API_URL": fake.api_url,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
        "WEB_PORT": "0",
    }


def slack_settings(fake: FakeSlack, **wrong: str) -> dict[str, str]:
    right = {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token, "SLACK_API_URL": fake.api_url}
    return right | {"WEB_PORT": "0"} | wrong


def assert_one_sentence(ran: Ran, *parts: str) -> None:
    """Log lines apart, what is said is one line, and it is no traceback."""
    said = [line for line in ran.err.strip().split("\n") if not re.search(" (INFO|WARNING|ERROR) bot", line)]
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


@pytest.mark.parametrize("role", ["gateway", "worker", "web"])
def test_a_role_of_many_needs_postgresql(homeroom: Homeroom, role: str):
    homeroom.set(DISCORD_TOKEN="x.y.z")
    ran = homeroom("run", "--role", role)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    for part in (f"--role {role}", "needs PostgreSQL", "DATABASE_URL=postgresql://"):
        assert part in ran.err


def test_a_role_that_is_none_is_refused_and_help_names_them(homeroom: Homeroom):
    assert homeroom("run", "--role", "manager").code == 2
    shown = homeroom("run", "--help").out
    for role in ("gateway", "worker", "web", "all"):
        assert role in shown


def test_on_postgresql_the_tables_come_first(homeroom: Homeroom, postgresql_databases: Any):
    url = postgresql_databases.make(None)
    homeroom.set(DISCORD_TOKEN="x.y.z", DATABASE_URL=url)
    ran = homeroom("run", "--role", "worker")
    assert ran.code == 2
    assert "run `homeroom migrate`" in ran.err
    for _ in range(2):
        assert homeroom("migrate").code == 0
    engine = open_engine(url)
    assert queue.is_installed(engine)
    schema.check(engine)
    assert homeroom("migrate", "base").code == 0
    assert not queue.is_installed(engine)
    engine.dispose()
    postgresql_databases.drop(url)


def test_a_gateway_without_anything_to_hear_says_where_slack_is_heard(homeroom: Homeroom, postgresql_databases: Any):
    url = postgresql_databases.make(None)
    homeroom.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", DATABASE_URL=url)
    assert homeroom("migrate").code == 0
    ran = homeroom("run", "--role", "gateway")
    assert ran.code == 2
    assert "--role web" in ran.err
    postgresql_databases.drop(url)


def test_a_wrong_password_is_one_sentence_without_the_password(homeroom: Homeroom, postgresql_url: str):
    socket = make_url(postgresql_url).query.get("host")
    homeroom.set(DISCORD_TOKEN="x.y.z", DATABASE_URL=f"postgresql://nobody:opensesame@/none?host={socket}")
    for role in ("all", "worker"):
        ran = homeroom("run", "--role", role)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
        assert "DATABASE_URL" in ran.err
        assert "opensesame" not in ran.err


async def test_probes_and_figures_are_answered_where_the_settings_say(tmp_path: Path):
    async with FakeDiscord() as discord:
        process = await spawn(tmp_path, "run", **discord_settings(discord))
        port = await _port(process)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            for path, part in (("/healthz", '"alive": true'), ("/readyz", '"ready": true'), ("/metrics", "homeroom_")):
                async with client.get(path) as answer:
                    said = await answer.text()
                    assert (answer.status, part in said) == (200, True), said
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 15)


async def test_slack_over_http_is_heard_on_the_same_port(tmp_path: Path):
    async with FakeSlack(rate=None) as slack:
        settings = slack_settings(slack, SLACK_SIGNING_SECRET="secret")
        del settings["SLACK_APP_TOKEN"]
        process = await spawn(tmp_path, "run", **settings)
        port = await _port(process)
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
            client.post("/slack/events", data="{}") as answer,
        ):
            assert answer.status == 401, "somebody asks for Slack's signature there"
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 15)


def test_the_compose_file_names_settings_and_commands_that_are_there():
    """What can be said of it without an engine to run it."""
    services = yaml.safe_load((HOME / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"database", "migrate", "gateway", "worker", "web"}
    assert services["worker"]["deploy"]["replicas"] == 2
    names = {name.upper() for name in Settings.model_fields}
    for name in set(services) - {"database"}:
        service = services[name]
        assert set(service["depends_on"]) <= set(services)
        assert set(service["environment"]) <= names
        assert set(re.findall(r"\$\{(\w+)", str(service["environment"]))) <= names | {"POSTGRES_PASSWORD"}
        wanted = ["homeroom", "migrate"] if name == "migrate" else ["homeroom", "run", "--role", Role(name).value]
        assert service["command"] == wanted
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    for role in ("gateway", "worker", "web"):
        assert services[role]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    told = set(re.findall(r"^([A-Z_]+)=", (HOME / ".env.example").read_text(), re.MULTILINE))
    assert {"WORKER_CONCURRENCY", "DISCORD_SHARDS", "WEB_PORT"} <= told <= names


async def _port(process: asyncio.subprocess.Process) -> str:
    """Where it listens, once its platform is ready."""
    lines: list[str] = []
    await asyncio.wait_for(_until_ready(process, lines, 1), 20)
    return next(line.rpartition("port=")[2].strip() for line in lines if "outcome=listening" in line)


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


@pytest.mark.parametrize(
    ("url", "well", "says"),
    [
        (None, True, "PUBLIC_URL is not set"),
        ("https://study.example/bot/", True, "https://study.example/bot/desk"),
        ("http://127.0.0.1:8080", True, "http://127.0.0.1:8080/desk"),
        ("http://study.example", False, "not https"),
    ],
    ids=["none", "https", "this machine", "http"],
)
def test_doctor_says_whether_people_can_sign_in_safely(homeroom: Homeroom, url: str | None, well: bool, says: str):
    if url:
        homeroom.set(PUBLIC_URL=url)
    (found,) = (each for each in homeroom("doctor", "--json").json if each["subject"] == "Web pages")
    assert (found["well"], bool(found["cure"])) == (well, not well)
    assert says in found["says"]


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
