"""One number each: the renderers, the fakes and the check of the course go by the same ones, and they are those that
the platforms' own descriptions state.

What the descriptions say is written here once more, by us, because they are not part of this repository. Where one is
at hand beside it, this excerpt is compared with it as well: a number wrong in both would prove nothing.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models import views
from slack_sdk.models.blocks import basic_components, block_elements, blocks

from bot.chat.limits import discord, slack
from bot.fakes.discord import limits as fake_discord
from bot.fakes.slack import limits as fake_slack

ROOT = Path(__file__).parents[2]
SPECS = Path(os.environ.get("HOMEROOM_SPECS", ROOT.parent / "shared" / "specs"))
"""Where the descriptions are, when they are anywhere: discord-openapi.json and slack-app-manifest.schema.json."""

OPENAPI = {
    "MessageCreateRequest/properties/embeds/maxItems": (10, "EMBEDS"),
    "MessageCreateRequest/properties/attachments/maxItems": (10, "FILES"),
    "MessageCreateRequest/properties/sticker_ids/maxItems": (3, "STICKERS"),
    "MessageCreateRequest/properties/components/maxItems": (40, "COMPONENTS"),
    "MessageCreateRequest/properties/nonce/oneOf/1/maxLength": (25, "NONCE"),
    "MessageAllowedMentionsRequest/properties/users/maxItems": (100, "MENTIONED"),
    "MessageAllowedMentionsRequest/properties/roles/maxItems": (100, "MENTIONED"),
    "RichEmbed/properties/title/maxLength": (256, "EMBED_TITLE"),
    "RichEmbed/properties/fields/maxItems": (25, "EMBED_FIELDS"),
    "RichEmbedField/properties/name/maxLength": (256, "EMBED_FIELD_NAME"),
    "RichEmbedField/properties/value/maxLength": (1_024, "EMBED_FIELD_VALUE"),
    "RichEmbedFooter/properties/text/maxLength": (2_048, "EMBED_FOOTER"),
    "RichEmbedAuthor/properties/name/maxLength": (256, "EMBED_AUTHOR"),
    "ContainerComponentForMessageRequest/properties/components/maxItems": (40, "COMPONENTS"),
    "ContainerComponentForMessageRequest/properties/accent_color/maximum": (0xFFFFFF, "COLOUR"),
    "TextDisplayComponentForMessageRequest/properties/content/maxLength": (4_000, "COMPONENT_TEXT"),
    "ActionRowComponentForMessageRequest/properties/components/maxItems": (5, "ROW_BUTTONS"),
    "ButtonComponentForMessageRequest/properties/label/maxLength": (80, "BUTTON_LABEL"),
    "ButtonComponentForMessageRequest/properties/url/maxLength": (512, "BUTTON_URL"),
    "ButtonComponentForMessageRequest/properties/custom_id/maxLength": (100, "CUSTOM_ID"),
    "StringSelectComponentForMessageRequest/properties/options/maxItems": (25, "SELECT_OPTIONS"),
    "StringSelectComponentForModalRequest/properties/options/maxItems": (25, "SELECT_OPTIONS"),
    "StringSelectComponentForModalRequest/properties/placeholder/maxLength": (150, "PLACEHOLDER"),
    "StringSelectOptionForRequest/properties/label/maxLength": (100, "SELECT_TEXT"),
    "StringSelectOptionForRequest/properties/value/maxLength": (100, "SELECT_TEXT"),
    "SectionComponentForMessageRequest/properties/components/maxItems": (3, "SECTION_TEXTS"),
    "MediaGalleryComponentForMessageRequest/properties/items/maxItems": (10, "GALLERY"),
    "ModalInteractionCallbackRequestData/properties/title/maxLength": (45, "MODAL_TITLE"),
    "ModalInteractionCallbackRequestData/properties/custom_id/maxLength": (100, "CUSTOM_ID"),
    "LabelComponentForModalRequest/properties/label/maxLength": (45, "LABEL"),
    "TextInputComponentForModalRequest/properties/value/maxLength": (4_000, "TEXT_INPUT"),
    "TextInputComponentForModalRequest/properties/max_length/maximum": (4_000, "TEXT_INPUT"),
    "TextInputComponentForModalRequest/properties/placeholder/maxLength": (100, "TEXT_INPUT_PLACEHOLDER"),
    "InteractionApplicationCommandAutocompleteCallbackStringData/properties/choices/maxItems": (25, "CHOICES"),
    "ApplicationCommandOptionStringChoice/properties/name/maxLength": (100, "CHOICE_NAME"),
    "ApplicationCommandCreateRequest/properties/name/maxLength": (32, "COMMAND_NAME"),
    "ApplicationCommandCreateRequest/properties/options/maxItems": (25, "COMMAND_OPTIONS"),
    "ApplicationCommandCreateRequest/properties/description_localizations/additionalProperties/maxLength": (
        100,
        "COMMAND_DESCRIPTION",
    ),
    "CreateTextThreadWithMessageRequest/properties/name/maxLength": (100, "THREAD_NAME"),
    "CreateForumThreadRequest/properties/name/maxLength": (100, "THREAD_NAME"),
    "CreateForumThreadRequest/properties/applied_tags/maxItems": (5, "APPLIED_TAGS"),
}
"""Where the description of Discord's API states a number → the number, and what we call it."""

LOOSER = {
    "MessageCreateRequest/properties/content/maxLength": (4_000, "CONTENT"),
    "ModalInteractionCallbackRequestData/properties/components/maxItems": (40, "MODAL_COMPONENTS"),
    "ApplicationCommandOptionStringChoice/properties/value/maxLength": (6_000, "CHOICE_VALUE"),
    "CreateOrUpdateThreadTagRequest/properties/name/maxLength": (50, "TAG_NAME"),
}
"""The same where Discord's documentation states a smaller number for bots: we keep to the smaller one."""

MANIFEST = {
    "display_information.schema/properties/name/maxLength": (35, "APP_NAME"),
    "display_information.schema/properties/description/maxLength": (140, "APP_DESCRIPTION"),
    "display_information.schema/properties/long_description/maxLength": (4_000, "APP_LONG_DESCRIPTION"),
    "features.slash_commands/maxItems": (50, "SLASH_COMMANDS"),
    "features.slash_commands/items/properties/command/maxLength": (32, "COMMAND_NAME"),
    "features.slash_commands/items/properties/description/maxLength": (2_000, "COMMAND_DESCRIPTION"),
    "features.slash_commands/items/properties/usage_hint/maxLength": (1_000, "COMMAND_HINT"),
    "features.shortcuts/maxItems": (10, "SHORTCUTS"),
    "features.shortcuts/items/properties/name/maxLength": (24, "SHORTCUT_NAME"),
    "features.shortcuts/items/properties/description/maxLength": (150, "SHORTCUT_DESCRIPTION"),
    "features.shortcuts/items/properties/callback_id/maxLength": (255, "CALLBACK_ID"),
    "features.unfurl_domains/maxItems": (5, "UNFURL_DOMAINS"),
    "features.agent_view/properties/agent_description/maxLength": (300, "AGENT_DESCRIPTION"),
    "features.agent_view/properties/suggested_prompts/maxItems": (4, "SUGGESTED_PROMPTS"),
}
"""Where the schema of Slack's app manifest states a number → the number, and what we call it."""

SDK = {
    blocks.Block: {"block_id": "BLOCK_ID"},
    blocks.SectionBlock: {"fields": "SECTION_FIELDS", "text": "SECTION"},
    blocks.HeaderBlock: {"text": "HEADER"},
    blocks.ContextBlock: {"elements": "CONTEXT_ELEMENTS"},
    blocks.ActionsBlock: {"elements": "ACTIONS"},
    blocks.InputBlock: {"label": "LABEL", "hint": "LABEL"},
    blocks.ImageBlock: {"alt_text": "ALT_TEXT", "title": "IMAGE_TITLE", "image_url": "IMAGE_URL"},
    blocks.MarkdownBlock: {"text": "MARKDOWN"},
    block_elements.InteractiveElement: {"action_id": "ACTION_ID"},
    block_elements.ButtonElement: {"text": "BUTTON_TEXT", "value": "BUTTON_VALUE", "url": "BUTTON_URL"},
    block_elements.InputInteractiveElement: {"placeholder": "PLACEHOLDER"},
    block_elements.StaticSelectElement: {"options": "SELECT_OPTIONS", "option_groups": "SELECT_OPTIONS"},
    block_elements.OverflowMenuElement: {"options": "OVERFLOW_OPTIONS"},
    basic_components.Option: {"label": "OPTION_TEXT", "value": "OPTION_VALUE"},
    basic_components.OptionGroup: {"label": "GROUP_LABEL", "options": "SELECT_OPTIONS"},
    basic_components.ConfirmObject: {
        "title": "CONFIRM_TITLE",
        "text": "CONFIRM_TEXT",
        "confirm": "CONFIRM_BUTTON",
        "deny": "CONFIRM_BUTTON",
    },
    views.View: {
        "title": "VIEW_TITLE",
        "submit": "VIEW_TITLE",
        "close": "VIEW_TITLE",
        "blocks": "VIEW_BLOCKS",
        "private_metadata": "PRIVATE_METADATA",
        "callback_id": "CALLBACK_ID",
    },
}
"""The classes of Slack's own SDK → what they check, and what we call it."""


@pytest.mark.parametrize("place", OPENAPI)
def test_our_number_is_what_discords_description_states(place: str) -> None:
    number, name = OPENAPI[place]
    assert vars(discord)[name] == number


@pytest.mark.parametrize("place", LOOSER)
def test_where_discords_description_is_looser_we_keep_to_the_documentation(place: str) -> None:
    number, name = LOOSER[place]
    assert vars(discord)[name] < number


@pytest.mark.parametrize("place", MANIFEST)
def test_our_number_is_what_slacks_manifest_schema_states(place: str) -> None:
    number, name = MANIFEST[place]
    assert vars(slack)[name] == number


@pytest.mark.parametrize(("kind", "checked"), SDK.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_our_number_is_what_slacks_own_sdk_checks(kind: type, checked: dict[str, str]) -> None:
    found = {what: getattr(kind, f"{what}_max_length") for what in checked}
    assert found == {what: vars(slack)[name] for what, name in checked.items()}


@pytest.mark.skipif(not (SPECS / "discord-openapi.json").exists(), reason="Discord's OpenAPI description is not here")
@pytest.mark.parametrize("place", OPENAPI | LOOSER)
def test_the_excerpt_is_what_discords_description_says(place: str) -> None:
    schemas = description("discord-openapi.json")["components"]["schemas"]
    assert at(schemas, place) == (OPENAPI | LOOSER)[place][0]


@pytest.mark.skipif(not (SPECS / "discord-openapi.json").exists(), reason="Discord's OpenAPI description is not here")
def test_threads_are_archived_after_what_discords_description_lists() -> None:
    schemas = description("discord-openapi.json")["components"]["schemas"]
    assert [each["const"] for each in schemas["ThreadAutoArchiveDuration"]["oneOf"]] == list(discord.AUTO_ARCHIVE)


@pytest.mark.skipif(
    not (SPECS / "slack-app-manifest.schema.json").exists(), reason="the schema of Slack's manifest is not here"
)
@pytest.mark.parametrize("place", MANIFEST)
def test_the_excerpt_is_what_slacks_manifest_schema_says(place: str) -> None:
    definitions = description("slack-app-manifest.schema.json")["definitions"]
    assert at(definitions, f"app-manifests.v1.{place}") == MANIFEST[place][0]


@pytest.mark.parametrize(("stated", "fake"), [(discord, fake_discord), (slack, fake_slack)], ids=["discord", "slack"])
def test_a_fake_refuses_by_the_very_numbers(stated: Any, fake: Any) -> None:
    assert {name: vars(fake)[name] for name in numbers(stated)} == numbers(stated)


OURS = {
    ("bot/platforms/slack/rich.py", 2_000): "the longest address that is linked",
    ("bot/fakes/discord/world.py", 4_096): "a message flag",
    ("bot/fakes/discord/world.py", discord.V2): "a message flag, by its number",
    ("bot/platforms/discord/render.py", 0xFFFFFF): "what of a number is a colour",
    ("bot/fakes/discord/gateway.py", 4_000): "a close code",
    ("bot/fakes/discord/fake.py", 1_024): "bytes",
    ("bot/fakes/discord/interactions.py", 1_024): "bytes",
    ("bot/fakes/slack/blocks.py", 255): "a number's text: no page states a limit",
}
"""What happens to be the same number and is another thing."""


def test_no_limit_is_written_a_second_time() -> None:
    assert [each for each in written_again() if each[:2] not in OURS] == []


MOVED = """
import importlib, sys
stated = importlib.import_module("bot.chat.limits.discord")
stated.COMPONENT_TEXT, stated.COMPONENTS, stated.BUTTON_LABEL = 2_000, 20, 30
from bot.chat.post import Button, Buttons, Post, Text
from bot.fakes.discord.bodies import check_message
from bot.fakes.discord.errors import Refused
from bot.platforms.discord.render import render
rows = [Buttons((Button("word " * 12, f"today:{n}"),)) for n in range(30)]
bodies = render(Post("t", (Text("A sentence of words. " * 400), *rows)), None)
assert len(bodies) > 5, len(bodies)
for body in bodies:
    check_message(body)
stated.COMPONENT_TEXT = 1_000
importlib.reload(sys.modules["bot.fakes.discord.limits"])
try:
    check_message(bodies[0])
except Refused as refused:
    print("refused")
"""
"""Another process, in which Discord takes half."""


def test_one_number_moves_the_renderer_and_the_judge() -> None:
    ran = subprocess.run([sys.executable, "-c", MOVED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("refused\n", "")


def numbers(stated: Any) -> dict[str, object]:
    return {name: value for name, value in vars(stated).items() if name.isupper()}


def written_again() -> Iterator[tuple[str, int, int]]:
    """(file, number, line) of literals that are a limit's number, where a platform is served or played. Small and round
    ones stand for too many things to be told apart."""
    for name, stated in (("discord", discord), ("slack", slack)):
        telling = {each for each in numbers(stated).values() if isinstance(each, int)} - set(range(45))
        telling -= {50, 60, 64, 100, 120, 300, 999, 1_000, 10_000, 1 << 6}
        for path in [*(ROOT / f"bot/platforms/{name}").rglob("*.py"), *(ROOT / f"bot/fakes/{name}").rglob("*.py")]:
            if path.name == "limits.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and type(node.value) is int and node.value in telling:
                    yield str(path.relative_to(ROOT)), node.value, node.lineno


@cache
def description(name: str) -> Any:
    return json.loads((SPECS / name).read_text())


def at(schemas: Any, place: str) -> Any:
    """What stands in a JSON Schema at a place; the one branch that states anything is looked into by itself."""

    def step(value: Any, name: str) -> Any:
        return value[int(name)] if isinstance(value, list) else value[name]

    return reduce(step, place.split("/"), schemas)
