"""The three journeys end to end on every platform: a lesson goes out, answers come in, look-ups and reports answer."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until

from bot.chat.markdown import plain, to_pieces

DUE = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)


@pytest.fixture(params=(*PLATFORMS, "forum"))
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        yield scene


def flat(text: str) -> str:
    """Without white space, emphasis marks and escapes, which platforms show differently."""
    return "".join(text.replace("*", "").replace("\\", "").split())


def field(form: Any) -> str:
    return next(iter(form.fields))


# A lesson goes out


async def test_lessons_go_out_at_their_moment_in_order_each_prompt_with_its_thread(scene: Scene):
    await scene.app.engine.ring()
    assert scene.stage.posts(scene.channel) == ()
    seen = 0
    for day in (31, 32, 33, 34, 35):
        await scene.next_lesson()
        lesson = scene.shelf.course.lessons[day]
        new, seen = scene.stage.posts(scene.channel)[seen:], len(scene.stage.posts(scene.channel))
        due = DUE + timedelta(days=day - 31)
        assert all(due <= post.at < due + timedelta(seconds=30) for post in new)
        asked = [post for post in new if "Write my answer" in post.raw]
        assert new[-len(asked) :] == tuple(asked)
        assert f"Day{day}of60" in flat(new[0].text)
        assert len(asked) == len(lesson.prompts)
        for post, prompt in zip(asked, lesson.prompts, strict=True):
            assert flat(plain(to_pieces(prompt.ask))) in flat(post.text)
            assert post.thread
        assert len({post.thread for post in asked}) == len(asked)
        parts = "".join(flat(post.text) for post in new)
        assert [parts.count(flat(plain(to_pieces(point.text)))) for point in lesson.theory] == [1] * len(lesson.theory)
    await scene.next_lesson()
    await scene.app.engine.ring()
    assert len(scene.stage.posts(scene.channel)) == seen
    assert scene.stage.posts(scene.elsewhere) == ()


async def test_a_paused_cohort_gets_nothing_and_goes_on_where_it_stopped(scene: Scene):
    await scene.next_lesson()
    first = len(scene.stage.posts(scene.channel))
    assert "paused" in (await scene.ask(scene.fay, "cohort pause")).text
    scene.clock.advance_to(DUE + timedelta(days=3, hours=1))
    await scene.app.engine.ring()
    assert len(scene.stage.posts(scene.channel)) == first
    assert "goes on" in (await scene.ask(scene.fay, "cohort resume")).text
    await scene.next_lesson()
    new = scene.stage.posts(scene.channel)[first:]
    assert "Day32of60" in flat(new[0].text)
    assert new[0].at >= DUE + timedelta(days=4)


# Answers come in


async def test_a_reply_is_kept_acknowledged_and_noted(scene: Scene):
    await scene.next_lesson()
    one, two = scene.prompts()
    first = await scene.say(scene.ada, one.thread, "First of all. And then. More.")
    await until(lambda: scene.stage.reactions(first))
    await until(lambda: scene.stage.notes(scene.ada))
    assert "this has 3 sentences. What could go?" in scene.stage.notes(scene.ada)[0]
    assert "prompt 2" in scene.stage.notes(scene.ada)[0]
    second = await scene.say(scene.ada, one.thread, "A second message.")
    await until(lambda: scene.stage.reactions(second))  # else it may be told after the last one is kept
    last = await scene.say(scene.ada, two.thread, "One. Two.")
    await until(lambda: scene.stage.reactions(second) and scene.stage.reactions(last) - scene.stage.reactions(first))
    assert scene.stage.reactions(first) == scene.stage.reactions(second)
    await scene.app.settle()
    assert scene.standing() == {
        (scene.ada, one.thread): ["First of all. And then. More.", "A second message."],
        (scene.ada, two.thread): ["One. Two."],
    }
    progress = (await scene.ask(scene.ada, "progress")).text
    assert "1of1lessonanswered" in flat(progress)


async def test_an_edit_is_a_revision_a_delete_withdraws_and_twice_is_once(scene: Scene):
    await scene.next_lesson()
    one, two = scene.prompts()
    edited = await scene.say(scene.ada, one.thread, "A draught.")
    deleted = await scene.say(scene.ada, one.thread, "A slip.")
    other = await scene.say(scene.ben, one.thread, "Ben's own.")
    await until(lambda: all(map(scene.stage.reactions, (edited, deleted, other))))
    await scene.stage.edit(scene.ada, edited, "A draft.")
    await scene.stage.delete(scene.ada, deleted)
    await until(lambda: scene.standing().get((scene.ada, one.thread)) == ["A draft."])
    say_again(scene, other)
    scene.app.collectors[scene.platform].missed()
    await scene.app.engine.collect()
    barrier = await scene.say(scene.ben, two.thread, "Behind it all.")
    await until(lambda: scene.stage.reactions(barrier))
    kept = {each.ref: each for each in scene.kept()}
    assert set(kept) == {edited, deleted, other, barrier}
    assert (kept[edited].text, kept[edited].revisions, kept[edited].withdrawn) == ("A draft.", 2, False)
    assert (kept[deleted].text, kept[deleted].revisions, kept[deleted].withdrawn) == ("A slip.", 1, True)
    assert (kept[other].text, kept[other].revisions) == ("Ben's own.", 1)


def say_again(scene: Scene, message: str) -> None:
    """The platform tells the bot of a message a second time, as platforms do."""
    if scene.platform == "discord":
        scene.stage.inject("MESSAGE_CREATE", scene.stage.event_of(message))
    elif scene.platform == "slack":
        ts = message.partition("/")[2]
        told = [raw for raw in scene.stage.sent if raw.get("event", {}).get("ts") == ts]
        assert told
        scene.stage.send_event(told[0])


async def test_chatter_other_threads_and_bots_are_ignored(scene: Scene):
    await scene.next_lesson()
    lesson, one = scene.stage.posts(scene.channel)[0], scene.prompts()[0]
    await scene.chat(scene.ada, "Good morning everybody!")
    if scene.platform == "discord":
        scene.stage.post_as_other_bot(one.thread, "I am a bot.")
    elif scene.platform == "slack":
        scene.stage.post_as_other_bot(scene.channel, "I am a bot.", thread=one.thread)
        await scene.say(scene.ada, lesson.message, "In the lesson's own thread.")
    barrier = await scene.say(scene.ada, one.thread, "The answer.")
    await until(lambda: scene.stage.reactions(barrier))
    await scene.app.engine.collect()
    assert [each.text for each in scene.kept()] == ["The answer."]
    assert len(scene.stage.posts(scene.channel)) == 3
    await scene.app.settle()
    assert len(scene.stage.notes(scene.ada)) == 1


async def test_the_form_shows_the_prompt_holds_the_draft_and_keeps(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    ask = scene.shelf.course.lessons[31].prompts[0].ask
    form = (await scene.stage.press(scene.ada, one.message, "Write my answer")).form
    assert flat(ask) in flat(form.text)
    assert form.fields[field(form)] == ""
    written = "Mine, *to the letter*: <@everyone> & [x](http://evil.example)\n\n> so"
    shown = await scene.stage.submit(scene.ada, form, {field(form): written})
    assert shown.private
    assert "Your answer is kept." in shown.text
    assert scene.standing() == {(scene.ada, one.thread): [written]}
    form = (await scene.stage.press(scene.ada, shown, "Change my answer")).form
    assert form.fields[field(form)] == written
    await scene.stage.submit(scene.ada, form, {field(form): "Shorter."})
    assert scene.standing() == {(scene.ada, one.thread): ["Shorter."]}
    assert [each.revisions for each in scene.kept()] == [2]
    form = (await scene.stage.press(scene.ben, one.message, "Write my answer")).form
    assert form.fields[field(form)] == ""
    blank = await scene.stage.submit(scene.ben, form, {field(form): "   \n"})
    assert "nothing has been saved" in blank.text + " ".join(blank.errors.values()) or "required" in str(blank.errors)
    assert scene.standing() == {(scene.ada, one.thread): ["Shorter."]}


async def test_not_today_excuses_and_can_be_taken_back(scene: Scene):
    await scene.next_lesson()
    shown = await scene.stage.press(scene.ada, scene.prompts()[0].message, "Not today")
    assert shown.private
    assert "excused from day 31" in shown.text
    assert "excused" in (await scene.ask(scene.ada, "progress")).text
    assert "counts for you again" in (await scene.stage.press(scene.ada, shown, "Count it again")).text


# A look-up and a report answer


async def test_look_ups_answer_privately_and_their_buttons_work(scene: Scene):
    await scene.next_lesson()
    shown = await scene.ask(scene.ada, "concept", name="situatonal awarness")
    assert shown.private
    assert "Situational awareness" in shown.text
    shown = await scene.ask(scene.ada, "concept", name="alignment")
    assert shown.private
    assert "Did you mean one of these?" in shown.text
    assert len(shown.buttons) == 3
    entry = await scene.stage.press(scene.ada, shown, "Alignment faking")
    assert entry.private
    assert flat(plain(to_pieces(scene.shelf.course.concepts["alignment-faking"].definition))) in flat(entry.text)
    onward = next(iter(entry.buttons))
    assert onward[:20] in (await scene.stage.press(scene.ada, entry, onward)).text.replace("\\", "")
    whole = await scene.stage.press(scene.ada, scene.stage.posts(scene.channel)[0].message, "Read the whole lesson")
    assert whole.private
    assert flat(scene.shelf.course.lessons[31].interview) in flat(whole.text)
    later = await scene.ask(scene.ada, "paper", name="16")
    assert "comes later in the course" in later.text
    assert len(scene.stage.posts(scene.channel)) == 3


async def test_suggestions_never_run_ahead(scene: Scene):
    assert await scene.stage.suggest(scene.ada, scene.channel, "concept", "name", "") == ()
    await scene.next_lesson()
    course = scene.shelf.course
    for text in ("", "de", "back", "prov", "x" * 200):
        for _, value in await scene.stage.suggest(scene.ada, scene.channel, "concept", "name", text):
            assert course.concepts[value].day <= 31, value
        for _, value in await scene.stage.suggest(scene.ada, scene.channel, "paper", "name", text):
            assert min(course.papers[int(value)].days, default=0) <= 31, value
    if scene.platform != "slack":  # Slack completes no option: there the candidates come by message
        named = await scene.stage.suggest(scene.ada, scene.channel, "concept", "name", "alignment fak")
        assert named[0] == ("Alignment faking", "alignment-faking")
        days = await scene.stage.suggest(scene.ada, scene.channel, "lesson", "day", "")
        assert [value for _, value in days] == ["31"]
        zones = await scene.stage.suggest(scene.fay, scene.channel, "cohort create", "zone", "zuri")
        assert zones[0] == ("Europe/Zurich", "Europe/Zurich")
    assert await scene.stage.suggest(scene.ada, scene.elsewhere, "concept", "name", "") == ()


async def test_the_report_is_for_the_facilitator(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    message = await scene.say(scene.ada, one.thread, "Just *this*.")
    await until(lambda: scene.stage.reactions(message))
    try:
        refused = await scene.ask(scene.ada, "report")
    except LookupError:  # Discord does not even show the command
        assert scene.platform == "discord"
    else:
        assert refused.private
        assert "is for facilitators" in refused.text
    shown = await scene.ask(scene.fay, "report")
    assert shown.private
    assert "Report: Spring" in shown.text
    assert "Prompt 1: 1 answered" in shown.text
    answers = await scene.stage.press(scene.fay, shown, "Read answers to prompt 1")
    assert answers.private
    assert "Ada" in answers.text
    assert "Just*this*." in "".join(answers.text.replace("\\", "").split())
    assert len(scene.stage.posts(scene.channel)) == 3


async def test_an_unknown_channel_or_command_gets_one_private_sentence(scene: Scene):
    shown = await scene.stage.command(scene.eve, scene.elsewhere, "today", {})
    assert shown.private
    assert shown.text.strip() == "There is no cohort in this channel yet. Whoever manages it can open one."
    if scene.platform == "simulator":
        shown = await scene.stage.command(scene.eve, scene.channel, "dance", {"x": "y"})
    elif scene.platform == "slack":
        shown = await scene.stage.slash(scene.eve, scene.channel, "/homeroom", "dance *now* @everyone")
    else:
        return  # Discord lets nobody send a command that is not registered
    assert shown.private
    assert flat(shown.text) == flat("There is no command “dance”. `/help` lists what there is.").replace("`", "")


HOSTILE = ("**b** @everyone <!channel> <@&1> [x](http://evil.example)", "'; DROP TABLE members; --", "\u202ea\x00b")


async def test_hostile_text_is_kept_to_the_letter_shown_inert_and_pings_nobody(scene: Scene):
    """That nobody was pinged and no call refused is looked at when the scene ends."""
    await scene.next_lesson()
    one = scene.prompts()[0]
    for words in HOSTILE:
        shown = await scene.ask(scene.ada, "concept", name=words)
        assert shown.private
        message = await scene.say(scene.ada, one.thread, words)
        await until(lambda message=message: scene.stage.reactions(message))
    long = "".join(f"{number} @everyone " for number in range(150))
    message = await scene.say(scene.ada, one.thread, long)
    await until(lambda: scene.stage.reactions(message))
    kept = [words.replace("\x00", "␀") for words in (*HOSTILE, long)]
    assert scene.standing() == {(scene.ada, one.thread): kept}
    answers = await scene.stage.press(scene.fay, await scene.ask(scene.fay, "report"), "Read answers to prompt 1")
    assert "DROPTABLEmembers" in flat(answers.text)
    assert "149" in answers.text
