"""What stands on the desk's pages of answers and members: lessons, feedback, excuses, private words, paths."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from desk_asking import DAYS, NOW, Desk, note, text_of
from desk_cohort import whole_course
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.progress import cohort_progress, released_lessons
from bot.store.database import Database
from bot.store.tables import (
    Absence,
    AuditEntry,
    Cohort,
    Enrollment,
    Feedback,
    Nudge,
    Revision,
    Submission,
)
from bot.web.desk.heat import CLASSES


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_a_lesson_shows_each_prompts_answers_by_name(desk: Desk):
    html = await desk.page("/lesson/3")
    sections = html.split('<section class="put"')[1:]
    assert len(sections) == len(whole_course().lessons[3].prompts)
    for section in sections:
        names = re.findall(r'<h3 id="by-\d+"><a [^>]*>([^<]*)</a>', section)
        assert names == sorted(names, key=str.lower)
        assert f"{len(names)} answer" in section


async def test_answers_to_what_is_not_out_are_not_there(desk: Desk):
    for day in ("9", "0", "61", "x", "9" * 30, "-1"):
        await desk.page(f"/lesson/{day}", status=404)
    await desk.page("/lesson/3?member=999", status=404)
    await desk.page("/lesson/3?prompt=none", status=404)


async def test_a_prompt_with_many_answers_is_read_in_pages(database: Database):
    desk = Desk(database, 150, 1)
    prompt = whole_course().lessons[1].prompts[0].id
    together = await desk.page("/lesson/1")
    assert together.count('<article class="answer"') == 20 * len(whole_course().lessons[1].prompts)
    number = int(re.findall(r"All (\d+) answers to this prompt", together)[0])
    pages = [await desk.page(f"/lesson/1?prompt={prompt}&page={n}") for n in (1, 2)]
    assert [each.count('<article class="answer"') for each in pages] == [50, number - 50]


async def test_an_answer_has_its_earlier_versions_and_says_that_it_was_revised_since_feedback(desk: Desk):
    submission, day = desk.first_answer()

    def change(session: Session) -> None:
        row = session.get_one(Submission, submission)
        session.add(note(submission, desk, "Which figure?", row.sent_at + timedelta(hours=1)))
        for hours, text in ((2, "The second version."), (3, "The third <b>version</b>.")):
            moment = int((row.sent_at + timedelta(hours=hours)).timestamp() * 1_000_000)
            session.add(Revision(submission_id=submission, revision=moment, text=text))
            row.text, row.revision = text, moment
        row = session.get_one(Revision, (submission, 0))
        row.text = "As it was first."

    desk.ask(change)
    html = await desk.page(f"/lesson/{day}?member={desk.seeded.learner}")
    answer = html[html.index(f'id="a-{submission}"') :].partition("</article>")[0]
    assert "Revised since feedback" in answer
    assert "The third &lt;b&gt;version&lt;/b&gt;." in answer
    old = answer[answer.index("<details") :]
    assert old.index("The second version.") < old.index("As it was first.")


async def test_a_private_note_is_not_read_by_observers(desk: Desk):
    submission, day = desk.first_answer()
    desk.ask(lambda session: session.add(note(submission, desk, "between us", NOW)))
    path = f"/lesson/{day}?member={desk.seeded.learner}"
    assert "between us" in await desk.page(path)
    observed = await desk.page(path, desk.seeded.observer)
    assert "between us" not in observed
    assert "Give feedback" not in observed


async def test_a_very_long_answer_is_shown_in_part_and_whole_where_it_stands_alone(desk: Desk):
    submission, day = desk.first_answer()

    def grow(session: Session) -> None:
        session.get_one(Submission, submission).text = "word " * 4_000 + "at the very end"

    desk.ask(grow)
    together = await desk.page(f"/lesson/{day}")
    assert "at the very end" not in together
    assert "There is more of it" in together
    assert "at the very end" in await desk.page(f"/lesson/{day}?member={desk.seeded.learner}")


async def test_feedback_is_kept_written_down_and_on_its_way(desk: Desk):
    submission, _ = desk.first_answer()
    form = {"text": "Say <which> figure.", "who": "all", "prompt": "", "page": "1", "member": ""}
    html = await desk.send(f"/answer/{submission}/feedback", form)
    assert "Your note is kept, and on its way: Ada Lovelace reads it in the thread" in text_of(html)
    assert "Say &lt;which&gt; figure." in html
    assert "on its way" in html

    def kept(session: Session) -> list[Any]:
        row = session.scalars(select(Feedback).order_by(Feedback.id.desc())).first()
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        return [row.text, row.shared, row.by_id, entry.action, entry.by_id, entry.about_id, row.text in entry.says]

    fay = desk.seeded.facilitator
    assert desk.ask(kept) == ["Say <which> figure.", True, fay, "feedback", fay, desk.seeded.learner, False]


async def test_empty_feedback_tells_nobody(desk: Desk):
    submission, _ = desk.first_answer()
    before = desk.ask(lambda session: session.scalar(select(func.count(Feedback.id))))
    assert "Write something first" in await desk.send(f"/answer/{submission}/feedback", {"text": " \n "})
    assert desk.ask(lambda session: session.scalar(select(func.count(Feedback.id)))) == before


async def test_praise_is_given_and_taken_back(desk: Desk):
    submission, _ = desk.first_answer(desk.seeded.silent)
    desk.ask(lambda session: session.query(Feedback).delete())
    form = {"member": str(desk.seeded.silent)}
    html = await desk.send(f"/answer/{submission}/praise", form)
    assert "Your praise is kept" in html
    assert "Take praise back" in html
    html = await desk.send(f"/answer/{submission}/praise", form)
    assert "Your praise is taken back" in html
    assert desk.ask(lambda session: session.scalar(select(func.count(Feedback.id)))) == 0


# A member


async def test_a_member_is_excused_and_counted_again(desk: Desk):
    def missed(session: Session) -> tuple[int, int]:
        everybody = cohort_progress(session, session.get_one(Cohort, desk.seeded.cohort), desk.now)
        return next(
            (each.member, one.lesson) for each in everybody for one in each.lessons if CLASSES[one.state] == "missed"
        )

    member, day = desk.ask(missed)
    html = await desk.send(f"/member/{member}/excuse", {"lesson": str(day), "do": "excuse"})
    assert f"is excused from day {day}." in text_of(html)
    assert "Count it again" in html
    html = await desk.send(f"/member/{member}/excuse", {"lesson": str(day), "do": "count"})
    assert f"Day {day} counts for" in text_of(html)
    actions = desk.ask(lambda s: s.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)).all())
    assert actions == ["counted again", "excused"]


async def test_one_day_of_a_longer_absence_counts_again_and_the_rest_stays_excused(desk: Desk):
    def away(session: Session) -> date:
        days = sorted(
            each.local_date for each in released_lessons(session, session.get_one(Cohort, desk.seeded.cohort))
        )
        enrollment = session.scalars(select(Enrollment).where(Enrollment.member_id == desk.seeded.silent)).one()
        session.execute(Absence.__table__.delete())
        session.add(Absence(enrollment_id=enrollment.id, first_date=days[-2], last_date=days[-1]))
        return days[-2]

    first = desk.ask(away)
    assert (await desk.page(f"/member/{desk.seeded.silent}")).count("Count it again") == 2
    form = {"lesson": str(DAYS), "do": "count"}
    html = await desk.send(f"/member/{desk.seeded.silent}/excuse", form)
    assert f"Day {DAYS} counts for Ben Okafor again" in html
    assert html.count("Count it again") == 1
    kept = desk.ask(lambda session: session.execute(select(Absence.first_date, Absence.last_date)).all())
    assert [each[0] for each in kept] == [first]
    before = desk.ask(lambda session: session.scalar(select(func.count(AuditEntry.id))))
    assert "Nothing changed" in await desk.send(f"/member/{desk.seeded.silent}/excuse", form)
    assert desk.ask(lambda session: session.scalar(select(func.count(AuditEntry.id)))) == before


async def test_a_private_word_is_kept_for_the_member_alone(desk: Desk):
    html = await desk.send(f"/member/{desk.seeded.silent}/word", {"text": "How are you?"})
    assert "Your note goes to Ben Okafor alone." in html
    assert desk.ask(lambda s: s.execute(select(Nudge.text, Nudge.member_id)).all()) == [
        ("How are you?", desk.seeded.silent)
    ]
    html = await desk.send(f"/member/{desk.seeded.silent}/word", {"text": "How are you?"})
    assert "has been sent these very words already" in html


async def test_learners_see_themselves_and_nobody_else(desk: Desk):
    own = await desk.page(f"/member/{desk.seeded.learner}", desk.seeded.learner)
    assert "Your lessons" in own
    assert "Excuse" not in own
    assert "A private word" not in own
    for path in ("", "/path"):
        await desk.page(f"/member/{desk.seeded.silent}{path}", desk.seeded.learner, status=404)
    await desk.page("/lesson/3", desk.seeded.learner, status=404)
    await desk.page("/search?q=paper", desk.seeded.learner, status=404)


# The path


async def test_a_path_is_read_only_after_it_was_written_down(desk: Desk):
    desk.ask(lambda session: session.execute(AuditEntry.__table__.delete()))
    path = f"/member/{desk.seeded.learner}/path"
    notice = await desk.page(path)
    assert "You are about to read everything" in notice
    assert 'class="words"' not in notice
    html = await desk.send(path, {})
    assert html.count('<article class="answer"') > 10
    entries = desk.ask(lambda s: s.execute(select(AuditEntry.action, AuditEntry.by_id, AuditEntry.about_id)).all())
    assert entries == [("path read", desk.seeded.facilitator, desk.seeded.learner)]
    own = await desk.page(f"/member/{desk.seeded.learner}", desk.seeded.learner)
    assert "Fay Okonkwo" in own[own.index("Who opened your path") :]


async def test_ones_own_path_is_open_at_once_and_written_down_nowhere(desk: Desk):
    before = desk.ask(lambda session: session.scalar(select(func.count(AuditEntry.id))))
    html = await desk.page(f"/member/{desk.seeded.learner}/path", desk.seeded.learner)
    assert html.count('<article class="answer"') > 10
    assert "Give feedback" not in html
    assert desk.ask(lambda session: session.scalar(select(func.count(AuditEntry.id)))) == before


async def test_the_writer_reads_private_notes_on_their_path_and_observers_do_not(desk: Desk):
    submission, _ = desk.first_answer()
    desk.ask(lambda session: session.add(note(submission, desk, "between us", NOW)))
    path = f"/member/{desk.seeded.learner}/path"
    assert "between us" in await desk.page(path, desk.seeded.learner)
    assert "between us" not in await desk.send(path, {}, desk.seeded.observer)
