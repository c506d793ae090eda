"""Files: an address to upload to, the upload, and its completion; and what a block may show of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.rules import error
from bot.fakes.slack.world import Json, World

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class File:
    """One file of the bot's. length: as it was announced. shared: the conversations that it was given to."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    complete: bool = False
    shared: tuple[str, ...] = ()


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal."""
    length = call.text("length")
    if not length.isdecimal() or not int(length):
        raise Refusal("missing_argument")
    file = File(call.world.new_id("F"), call.text("filename"), int(length))
    call.world.files[file.id] = file
    return {"ok": True, "upload_url": f"{call.desk.url}upload/{file.id}", "file_id": file.id}


def take_upload(world: World, file_id: str, content: bytes) -> int:
    """The status with which an upload is answered."""
    file = world.files.get(file_id)
    if file is None or file.content is not None or len(content) != file.length:
        world.refused.append("upload: not what was announced")
        return 400
    file.content = content
    return 200


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal."""
    named = call.structure("files", "invalid_arguments")
    found = [call.world.files.get(str(each.get("id"))) for each in named or () if isinstance(each, dict)]
    if not found or any(file is None or file.content is None for file in found):
        raise Refusal("file_not_found" if found else "invalid_arguments")
    channel = call.find("channel_id")
    for file in found:
        assert file is not None
        file.complete, file.shared = True, (channel,) if channel else ()
    return {"ok": True, "files": [{"id": file.id, "title": file.name} for file in found if file is not None]}


def picture_errors(blocks: list[Any], world: World, pointer: str = "/blocks") -> Iterator[str]:
    """What is wrong with the pictures that some legal blocks show: one address or one file each, and a file of the
    bot's that is whole, a picture, and no longer being looked at."""
    for number, block in enumerate(blocks):
        for image in (block, *block.get("elements", ()), block.get("accessory")):
            if isinstance(image, dict) and image.get("type") == "image":
                yield from _image_errors(image, world, f"{pointer}/{number}")


def _image_errors(image: Json, world: World, pointer: str) -> Iterator[str]:
    if ("image_url" in image) == ("slack_file" in image):
        yield error("must have image_url or slack_file", pointer)
    named = image.get("slack_file")
    if named is None:
        return
    if not isinstance(named, dict) or set(named) != {"id"}:
        yield error("must name the file by its id", f"{pointer}/slack_file")
        return
    file = world.files.get(str(named["id"]))
    if file is None or not file.complete or not (file.content or b"").startswith(PNG):
        yield error("invalid slack file", f"{pointer}/slack_file")
    elif world.files_rest:
        world.files_rest -= 1
        yield error("invalid slack file", f"{pointer}/slack_file")
