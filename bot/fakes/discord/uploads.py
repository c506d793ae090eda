"""Files that come with a message: what may be uploaded, and what a component may show of it. Source: Discord's
reference, "Uploading Files" and "Unfurled Media Item"."""

from typing import Any

from bot.fakes.discord import limits
from bot.fakes.discord.components import GALLERY, THUMBNAIL
from bot.fakes.discord.errors import FormErrors, refused
from bot.fakes.discord.world import Json, Message, World, every_component

SCHEME = "attachment://"


def check_uploads(
    errors: FormErrors, fields: Json, components: list[Json], files: tuple[Json, ...], standing: list[Json]
) -> None:
    """Every upload is small enough and has a place among the attachments, and every "attachment://" leads to a file
    that is there. standing: the files of the message that is edited. Raises Refused for what is too large."""
    if any(each["size"] > limits.FILE_BYTES for each in files):
        raise refused(40005)
    if len(files) > limits.FILES:
        errors.add("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {limits.FILES} or fewer in length.")
    there = {each["id"] for each in files}
    for index, each in enumerate(fields.get("attachments") or ()):
        if isinstance(each, dict) and "url" not in each and str(each.get("id")) not in there:
            errors.add(f"attachments.{index}.id", "ATTACHMENT_NOT_FOUND", "No file was uploaded under this id.")
    kinds = {each.get("filename"): each.get("content_type", "") for each in (*standing, *files)}
    for path, url, shown in _references(components):
        name = url.removeprefix(SCHEME)
        if name not in kinds:
            errors.add(path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", f"No attachment named {name!r}.")
        elif shown and not kinds[name].startswith(("image/", "video/")):
            errors.add(path, "UNFURLED_MEDIA_ITEM_TYPE", "Only images and videos can be shown.")


def attached(attachments: list[Any], files: tuple[Json, ...]) -> list[Json]:
    """Attachment entries that only describe an uploaded file melt into it."""
    described = {str(each.get("id")): each for each in attachments if isinstance(each, dict) and "url" not in each}
    uploaded = [described.get(str(file["id"]), {}) | file for file in files]
    standing = [each for each in attachments if isinstance(each, dict) and "url" in each and each not in files]
    return standing + uploaded


def pictures_of(message: Message, world: World) -> dict[str, bytes]:
    """Description → bytes of every uploaded picture that a reader of the message sees."""
    there = {each.get("filename"): each.get("url") for each in message.attachments}
    items = [item for each in every_component(message.components) for item in each.get("items", ())]
    named = [(item.get("description", ""), item["media"]["url"].removeprefix(SCHEME)) for item in items]
    return {alt: world.uploads[str(there[name])] for alt, name in named if name in there}


def _references(components: list[Json]) -> list[tuple[str, str, bool]]:
    """(path, address, whether it is shown as a picture) of everything that names an attachment."""
    found = []
    for component in every_component(components):
        items = component.get("items") if component["type"] == GALLERY else [component]
        for item in items or ():
            media = item.get("media") or item.get("file") or {}
            url = media.get("url", "")
            if url.startswith(SCHEME):
                found.append(("components", url, component["type"] in (GALLERY, THUMBNAIL)))
    return found
