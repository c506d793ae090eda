"""Whatever is said, no body comes out that a platform refuses: each is judged by the fake's own checks, which go by the
documentation, and on Discord by its OpenAPI description as well, where that is at hand."""

import importlib.util
import json
from functools import cache
from typing import Any

import hostile
from hostile import fuzzed
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.port import PlatformError
from bot.chat.post import Form, Post
from bot.config import HOME
from bot.fakes.discord.bodies import Words as Sent
from bot.fakes.discord.bodies import check_message, check_nonce
from bot.fakes.discord.components import check_modal
from bot.fakes.discord.errors import FormErrors, Refused
from bot.fakes.slack.blocks import block_errors, size_error, view_errors
from bot.fakes.slack.markup import pings, unescaped
from bot.platforms.discord.forms import modal
from bot.platforms.discord.render import render as discord
from bot.platforms.simulator import rules
from bot.platforms.simulator.render import to_bodies as simulator
from bot.platforms.simulator.render import to_form
from bot.platforms.slack.memory import Memory
from bot.platforms.slack.render import render as slack
from bot.platforms.slack.views import form_view, home_view, post_view

KEY = "abcdefghijklmnopqrstuvwx"
MEMORY = Memory("C0123456789", None, "concept", {"name": "x" * 100})
CHECKER = HOME.parent / "shared" / "checks" / "discord_payload.py"
keys = st.sampled_from([KEY, None])


@fuzzed
@given(post=hostile.posts, key=keys)
def test_discord_takes_every_post(post: Post, key: str | None) -> None:
    for number, body in enumerate(marked(discord, post, key)):
        sent = json.loads(json.dumps(body))
        check_nonce(sent)
        told = accepted(sent)
        assert described("POST", "/channels/1/messages", sent) == []
        assert len(told.pings) == (1 if number == 0 and post.ping and post.ping.ref.isdecimal() else 0)


@fuzzed
@given(form=hostile.forms)
def test_discord_takes_every_form(form: Form) -> None:
    sent = json.loads(json.dumps(modal(form)))
    errors = FormErrors()
    check_modal(errors, sent)
    errors.refuse()
    assert described("POST", "/interactions/1/token/callback", {"type": 9, "data": sent}) == []


@fuzzed
@given(post=hostile.posts, key=keys)
def test_slack_takes_every_post(post: Post, key: str | None) -> None:
    for body in (*marked(slack, post, key), *slack(post, None, sorting=True)):
        sent = json.loads(json.dumps(body, ensure_ascii=False).encode())
        assert block_errors(sent["blocks"]) == []
        assert size_error(sent["blocks"]) is None
        assert unescaped(sent["text"], sent["blocks"]) == []
        assert len(pings(sent["text"], sent["blocks"])) <= (1 if post.ping else 0)


@fuzzed
@given(form=hostile.forms, post=hostile.posts)
def test_slack_takes_every_form_and_every_post_in_a_modal_and_at_home(form: Form, post: Post) -> None:
    views = [form_view(form, MEMORY), post_view(post, MEMORY), home_view(post, MEMORY)]
    for view in views:
        assert view is None or view_errors(json.loads(json.dumps(view, ensure_ascii=False).encode())) == []


@fuzzed
@given(post=hostile.posts, form=hostile.forms, key=keys)
def test_the_rehearsal_room_takes_every_post_and_every_form(post: Post, form: Form, key: str | None) -> None:
    for body in marked(simulator, post, key):
        rules.check_body(json.loads(json.dumps(body)))
    json.dumps(to_form(form))


def accepted(body: Any) -> Sent:
    try:
        return check_message(body)
    except Refused as refused:
        raise AssertionError(f"{refused}: {refused.errors}") from refused


def marked(render: Any, post: Post, key: str | None) -> tuple[Any, ...]:
    """The bodies; none for a post that has a key and needs more messages than a key can mark, which is told."""
    try:
        return render(post, key)
    except (ValueError, PlatformError):
        assert key is not None
        assert len(render(post, None)) > 26
        return ()


def described(method: str, path: str, body: Any) -> list[str]:
    """What Discord's own description has against the body; nothing, where it is not at hand."""
    return checker().errors(method, path, body) if CHECKER.exists() else []


@cache
def checker() -> Any:
    spec = importlib.util.spec_from_file_location("discord_payload", CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
