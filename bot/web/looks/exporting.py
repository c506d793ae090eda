"""The looks as files that open from disk."""

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from bot.web.looks.pages import STYLE, STYLE_SHEET, looks_page, page_name
from bot.web.looks.scene import Scene


def export_looks(
    day: int, title: str, days: Sequence[int], scenes: Sequence[Scene], zone: tzinfo, folder: Path
) -> Path:
    """Write the page of a day into `folder`, made where it is missing; its file. Other files are left alone. days:
    those that have, or will have, a page there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STYLE).write_text(STYLE_SHEET, encoding="utf-8")
    page = folder / page_name(day)
    page.write_bytes(looks_page(day, title, days, scenes, zone).encode("utf-8", "replace"))
    return page
