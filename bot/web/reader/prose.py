"""The author's CommonMark as HTML. No markup of the author's own comes through, and no picture is fetched."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from bot.chat.markdown import shown

LAST_LEVEL = 6
REMEMBERED = 1_024
"""Passages that are kept rendered: a course has about 3,000, most of them read together."""

_TURNS = frozenset(
    ("paragraph_open", "heading_open", "list_item_open", "th_open", "td_open", "blockquote_open", "code_block", "fence")
)


def to_html(markdown: str, level: int = 3) -> Markup:
    """HTML blocks, safe to stand in a page. A heading inside the text becomes one of `level`, and below it.

    Every block finds its own writing direction. Raw HTML is shown as it was typed; only addresses on the web and of
    mail are linked, so that no text of the course leads to a page that is still to come; a picture is its description,
    linked.
    """
    return _rendered(shown(markdown), level)


@lru_cache(REMEMBERED)
def _rendered(markdown: str, level: int) -> Markup:
    tokens = _parser.parse(markdown)
    for token in tokens:
        _dress(token, level)
    return Markup(_parser.renderer.render(tokens, _parser.options, {}))  # noqa: S704 - what the parser escaped


def _dress(token: Token, level: int) -> None:
    if token.type in _TURNS:
        token.attrSet("dir", "auto")
    if token.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        token.tag = f"h{min(level + int(token.tag[1]) - 1, LAST_LEVEL)}"
    for child in token.children or ():
        if child.type == "link_open":
            child.attrSet("rel", "noopener noreferrer")


def _picture(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A page fetches nothing from elsewhere."""
    token = tokens[index]
    name, address = (Markup.escape(text) for text in (token.content, str(token.attrGet("src") or "")))
    return f'<a href="{address}" rel="noopener noreferrer">{name or address}</a>'


def _table_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A wide table is scrolled by itself, with the keyboard as well."""
    return '<div class="wide" role="region" tabindex="0" aria-label="Table"><table>\n'


def _table_close(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _may_link(address: str) -> bool:
    return address.strip().lower().startswith(("https://", "http://", "mailto:"))


_parser = MarkdownIt("commonmark", {"html": False}).enable("table")
_parser.validateLink = _may_link  # type: ignore[method-assign, assignment]  # where markdown-it asks
_parser.add_render_rule("image", _picture)
_parser.add_render_rule("table_open", _table_open)
_parser.add_render_rule("table_close", _table_close)
