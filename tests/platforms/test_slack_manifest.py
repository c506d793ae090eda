"""The app manifest: it offers what there is, asks for what is used, and Slack would take it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.chat.commands import BY_NAME, COMMANDS, MESSAGE_COMMANDS, SHORTCUTS
from bot.chat.limits import slack as limits
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.commands import BUILT_IN, SLASHES
from bot.platforms.slack.door import LEAVING
from bot.platforms.slack.examine import SCOPES as LOOKED_FOR
from bot.platforms.slack.scopes import EVENTS, FEATURES, METHODS, OPTIONAL, SCOPES

SLACK = Path(__file__).parents[2] / "bot/platforms/slack"
SCHEMA = Path(__file__).parents[2] / "../shared/specs/slack-app-manifest.schema.json"
SOURCES = "\n".join(path.read_text() for path in sorted(SLACK.glob("*.py")) if path.name != "scopes.py")

FAMILIES = (
    "apps",
    "assistant",
    "auth",
    "bots",
    "chat",
    "conversations",
    "files",
    "oauth",
    "pins",
    "reactions",
    "team",
    "tooling",
)
NAMED = re.compile(rf'"((?:{"|".join(FAMILIES)}|usergroups|users|views)\.[a-zA-Z.]+)"')
BY_SDK = re.compile(rf"\.((?:{'|'.join(FAMILIES)}|usergroups|users|views)_[a-zA-Z_0-9]+)\(")


@pytest.fixture
def manifest():
    return yaml.safe_load((SLACK / "manifest.yaml").read_text())


def called():
    """Every method of the Web API that our sources name or call through the SDK."""
    by_sdk = {name.replace("_", ".") for name in BY_SDK.findall(SOURCES)}
    return set(NAMED.findall(SOURCES)) | {name for name in by_sdk if not name.endswith(".")}


def heard():
    """Every event that somebody listens to, as the manifest names them: messages by the place they are written in."""
    listened = {*re.findall(r'app\.event\("([a-z_]+)"\)', SOURCES), *LEAVING}
    places = {"message.channels", "message.groups", "message.im"}
    return (listened - {"message"}) | (places if "message" in listened else set())


def test_it_offers_every_command_that_slack_does_not_keep_for_itself(manifest):
    offered = {each["command"].lstrip("/"): each for each in manifest["features"]["slash_commands"]}
    assert sorted(offered) == sorted(SLASHES)
    assert not BUILT_IN & set(offered)
    assert {spec.name.split()[0] for spec in COMMANDS} - set(offered) == {"join", "leave", "search"}
    assert "homeroom" not in BY_NAME
    for name in offered.keys() & BY_NAME.keys() - {"report"}:
        assert offered[name]["description"] == BY_NAME[name].description


def test_a_user_group_reaches_the_commands_that_take_one_as_its_id(manifest):
    escaping = {each["command"].lstrip("/") for each in manifest["features"]["slash_commands"] if each["should_escape"]}
    taking = {spec.name.split()[0] for spec in COMMANDS for option in spec.options if option.kind == "group"}
    assert escaping == {*taking, "homeroom"}


def test_its_shortcuts_are_the_message_commands_and_those_that_are_everywhere(manifest):
    listed = {(each["type"], each["callback_id"], each["name"]) for each in manifest["features"]["shortcuts"]}
    on_messages = {("message", f"{PREFIX}{each.name}", each.label) for each in MESSAGE_COMMANDS}
    assert listed == on_messages | {("global", f"{PREFIX}{name}", label) for name, label in SHORTCUTS.items()}


def test_every_scope_it_asks_for_is_used_and_every_one_that_is_used_is_asked_for(manifest):
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_every_method_that_is_called_has_its_scopes_in_the_table_and_no_other_has():
    assert called() == set(METHODS)


def test_every_event_that_is_listened_to_is_subscribed_to_and_no_other_is(manifest):
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)
    assert heard() == set(EVENTS)


def test_every_feature_that_needs_a_scope_is_there(manifest):
    assert set(FEATURES) <= set(manifest["features"])


def test_the_doctor_looks_for_every_scope_that_nothing_works_without():
    assert set(LOOKED_FOR) == set(SCOPES) - set(OPTIONAL)
    assert set(OPTIONAL) <= set(SCOPES)


def test_the_home_and_the_messages_tab_can_be_used(manifest):
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert manifest["settings"]["interactivity"]["is_enabled"]


def test_it_keeps_to_slacks_numbers(manifest):
    features, named = manifest["features"], manifest["display_information"]
    assert len(named["name"]) <= limits.APP_NAME
    assert len(named["description"]) <= limits.APP_DESCRIPTION
    assert len(features["slash_commands"]) <= limits.SLASH_COMMANDS
    for each in features["slash_commands"]:
        assert len(each["command"]) <= limits.COMMAND_NAME
        assert len(each.get("usage_hint", "")) <= limits.COMMAND_HINT
    assert len(features["shortcuts"]) <= limits.SHORTCUTS
    for each in features["shortcuts"]:
        assert len(each["name"]) <= limits.SHORTCUT_NAME
        assert len(each["description"]) <= limits.SHORTCUT_DESCRIPTION
    assert len(features["unfurl_domains"]) <= limits.UNFURL_DOMAINS
    assert len(features["agent_view"]["agent_description"]) <= limits.AGENT_DESCRIPTION
    assert len(features["agent_view"]["suggested_prompts"]) <= limits.SUGGESTED_PROMPTS


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's manifest schema is not beside this checkout")
def test_it_fits_slacks_own_schema(manifest):
    jsonschema.validate(manifest, json.loads(SCHEMA.read_text()))
