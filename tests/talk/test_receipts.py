"""What a member hears when something of theirs is kept, and when it is not."""

import pytest
from talk_room import ADA, EVE, TalkRoom, buttons, read

from bot.chat.port import Mark
from bot.chat.post import Words
from bot.talk.receipts import form_receipt_post, not_kept_post, prompt_unknown_post, receipt_mark, receipt_note


def note(cohort: TalkRoom, receipt, quiet: bool = True) -> str | None:
    post = receipt_note(cohort.course, receipt, quiet=quiet)
    return post and read(post)


def test_a_first_answer_is_kept_and_what_is_open_is_said(cohort: TalkRoom):
    receipt = cohort.write(ADA, 0, "One sentence.")
    assert receipt_mark(receipt) is Mark.KEPT
    assert note(cohort, receipt) == "Your answer is kept.\nStill open on day 31: prompt 2."


def test_the_last_answer_of_a_lesson_completes_it(cohort: TalkRoom):
    cohort.write(ADA, 0, "One sentence.")
    receipt = cohort.write(ADA, 1, "One. Two.")
    assert receipt_mark(receipt) is Mark.COMPLETE
    assert note(cohort, receipt) == "Your answer is kept.\nEvery prompt of day 31 is answered."


def test_a_missed_length_is_a_gentle_question(cohort: TalkRoom):
    receipt = cohort.write(ADA, 0, "One. Two. Three.")
    assert "It asked for one sentence; this has 3 sentences. What could go?" in note(cohort, receipt)


def test_a_second_message_of_the_same_answer_gets_no_second_note(cohort: TalkRoom):
    cohort.write(ADA, 0, "One.")
    assert note(cohort, cohort.write(ADA, 0, "Two.")) is None


def test_a_stranger_hears_that_it_counts_after_joining(cohort: TalkRoom):
    assert "You are not in this cohort yet: after /join it counts." in note(cohort, cohort.write(EVE, 0, "Mine."))


def test_where_a_note_is_a_direct_message_it_comes_only_with_something_to_know(cohort: TalkRoom):
    assert "prompt 2" in note(cohort, cohort.write(ADA, 0, "One sentence."), quiet=False)
    assert note(cohort, cohort.write(ADA, 1, "One. Two."), quiet=False) is None
    assert "Still open on day 32" in note(cohort, cohort.write(ADA, 2, "One sentence."), quiet=False)
    assert "this has 3 sentences" in note(cohort, cohort.write(ADA, 3, "One. Two. Three."), quiet=False)
    assert "after /join" in note(cohort, cohort.write(EVE, 0, "Mine."), quiet=False)


def test_after_a_form_the_answer_is_shown_as_it_is_kept(cohort: TalkRoom):
    receipt = cohort.fill(ADA, 0, "Mine *as* <it> is.")
    post = form_receipt_post(cohort.course, receipt, "key")
    assert read(post) == (
        "Your answer is kept.\nyou: Mine *as* <it> is.\nStill open on day 31: prompt 2.\n[Change my answer]"
    )
    assert buttons(post) == {"Change my answer": "write:key"}


def test_a_form_sent_from_another_workspace_is_not_kept(cohort: TalkRoom):
    assert cohort.fill(ADA, 0, "Mine.", workspace="elsewhere") is None


def test_a_blank_form_is_asked_for_words_and_nothing_is_said_to_wait():
    assert read(not_kept_post(" \n", "key")) == "Write something first; nothing has been saved."


@pytest.mark.parametrize("text", ["short", "x" * 3_000, "<@everyone> \ud800\x00\n\n* a"])
def test_what_could_not_be_kept_comes_back_to_the_letter(text: str):
    for post in (not_kept_post(text, "key"), prompt_unknown_post(text)):
        assert [block.text for block in post.blocks if isinstance(block, Words)] == [text]
    assert buttons(not_kept_post(text, "key")) == {"Try again": "write:key"}


def test_a_lesson_taken_out_of_the_course_still_gets_a_receipt(cohort: TalkRoom):
    receipt = cohort.write(ADA, 0, "One. Two. Three.")
    cohort.course = type(cohort.course)(about=cohort.course.about, lessons={}, papers={}, concepts={})
    assert note(cohort, receipt) == "Your answer is kept.\nEvery prompt of day 31 is answered."
