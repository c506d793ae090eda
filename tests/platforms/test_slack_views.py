"""Posts in a modal or a Home: whatever is said, every page is one that Slack takes, and none of it is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.markdown import shown
from bot.chat.post import Button, Buttons, Divider, Finder, Heading, Ping, Post, Small, Text, Words
from bot.clock import system_clock
from bot.fakes.slack.blocks import view_errors
from bot.fakes.slack.oracle import home_shown
from bot.fakes.slack.stored import with_ids
from bot.fakes.slack.world import World
from bot.platforms.slack.memory import Memory, to_memory
from bot.platforms.slack.views import home_view, post_view

texts = st.text(max_size=60) | st.sampled_from(
    ["<!channel> *b*", "w" * 4_000, "&" * 900, "ﷺ😀" * 200, "\u202e<@U1>", "\x00"]
)
blocks = st.one_of(
    st.builds(Heading, texts, st.sampled_from([1, 2, 3])),
    st.builds(Small, texts),
    st.builds(Words, texts),
    st.just(Divider()),
    st.just(Finder("Find a concept", "concept")),
    st.just(Buttons((Button("One", "lesson:1"), Button("Two", "lesson:1")))),
)
MEMORY = Memory("C1", name="today")
HOME = Memory(home="", name="home")


def pages_of(post, to_view):
    """Every page until the last one comes again."""
    seen = []
    for number in range(1, 200):
        view = to_view(post, number)
        if seen and view == seen[-1]:
            return seen
        seen.append(view)
    raise AssertionError("it never ends")


def read(view):
    stored = with_ids(view["blocks"], World(system_clock, "T1"))
    lines = home_shown({"blocks": stored, "id": "V1"}).text.split("\n")
    navigation = ("Page ", "← Page")
    return "\n".join(line for line in lines if not line.startswith(navigation))


def squeezed(text):
    return "".join(text.split())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(blocks, max_size=12), st.integers(1, 30))
def test_every_page_of_whatever_is_said_is_taken_and_none_of_it_is_lost(said, times):
    post = Post("Title", tuple(said) * times)
    for to_view in (lambda p, n: post_view(p, MEMORY, n), lambda p, n: home_view(p, HOME, n)):
        pages = pages_of(post, to_view)
        assert [view_errors(page) for page in pages] == [[]] * len(pages)
        whole = squeezed("".join(map(read, pages)))
        for block in post.blocks:
            if isinstance(block, Small | Words):
                assert squeezed(shown(block.text)) in whole


@pytest.mark.parametrize("page", [-5, 0, 1])
def test_a_page_before_the_first_is_the_first(page):
    post = Post("T", (Heading("x"),) * 150)
    assert home_view(post, HOME, page) == home_view(post, HOME, 1)


def test_what_may_not_be_asked_again_has_no_pages():
    post = Post("T", (Heading("x"),) * 150)
    assert post_view(post, Memory("C1", name="quiet")) is None
    assert post_view(post, Memory("C1")) is None
    assert post_view(post, Memory("C1", name="concept", options={"name": "x" * 5_000})) is None
    assert post_view(post, Memory("C1", name="concept", options={"name": "x"})) is not None


@pytest.mark.parametrize(
    "memory",
    [
        Memory(),
        Memory("C1"),
        Memory(home=""),
        Memory("C1", "facilitator", "concept", {"name": "<&> “ü” \U0001f600"}),
    ],
)
def test_a_view_remembers_to_the_letter(memory):
    assert to_memory({"private_metadata": memory.note()}) == memory


def test_a_command_too_long_to_remember_is_forgotten_and_the_rest_is_not():
    memory = Memory("C1", "facilitator", "concept", {"name": "x" * 5_000})
    assert to_memory({"private_metadata": memory.note()}) == Memory("C1", "facilitator")
    assert len(memory.note()) <= 3_000


def test_a_ping_in_a_view_is_the_one_that_was_asked_for():
    view = home_view(Post("T", (Text("<!here>"),), ping=Ping("U1", "person")), HOME)
    assert view["blocks"][0]["elements"][0]["elements"] == [{"type": "user", "user_id": "U1"}]
