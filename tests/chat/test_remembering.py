"""What was rendered a moment ago is not rendered again, unless members' words are in it."""

from bot.chat.post import Button, Buttons, Callout, Heading, Picture, Post, Table, Text, Words
from bot.chat.remembering import REMEMBERED, REMEMBERED_LENGTH, remembering

ENTRY = (
    Heading("Probe"),
    Text("A *small* model."),
    Callout("For example", "…"),
    Buttons((Button("Day 3", "lesson:3"),)),
)


def counted() -> tuple[object, list[Post]]:
    asked: list[Post] = []

    def render(post: Post) -> str:
        asked.append(post)
        return f"{post.title}, rendered"

    return remembering(render), asked


def test_an_entry_is_rendered_once_however_often_it_is_asked_for() -> None:
    render, asked = counted()
    said = [render(Post("Probe", tuple(ENTRY))) for _ in range(3)]
    assert (said, len(asked)) == (["Probe, rendered"] * 3, 1)


def test_posts_that_differ_in_anything_are_told_apart() -> None:
    render, asked = counted()
    posts = [Post("Probe", ENTRY), Post("Probe", ENTRY[:3]), Post("Probe", ENTRY, accent=1), Post("Probes", ENTRY)]
    for post in [*posts, *posts]:
        render(post)
    assert asked == posts


def test_what_members_wrote_and_pictures_are_kept_nowhere() -> None:
    render, asked = counted()
    for block in (Words("mine", "Ada"), Table("Who", ("name",), (("Ada",),)), Picture(b"png", "a line")):
        for _ in range(2):
            render(Post("Report", (*ENTRY, block)))
    assert len(asked) == 6


def test_what_is_long_is_not_kept_and_what_is_kept_is_so_many() -> None:
    render, asked = counted()
    for _ in range(2):
        render(Post("Long", (Text("x" * REMEMBERED_LENGTH + "x"),)))
    assert len(asked) == 2
    first = Post("0", ENTRY)
    for number in range(REMEMBERED + 1):
        render(Post(str(number), ENTRY))
    render(Post(str(REMEMBERED), ENTRY))
    assert len(asked) == 2 + REMEMBERED + 1
    render(first)
    assert asked[-1] == first
