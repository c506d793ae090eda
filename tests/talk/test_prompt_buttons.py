"""What happens behind a prompt's buttons, and how members' own words come out."""

from datetime import timedelta

from talk_room import ADA, BEN, EVE, FAY, HOSTILE, MAY, MONDAY, TalkRoom, buttons, links, read

from bot.chat.inbound import Person
from bot.chat.post import Form


def test_the_form_has_the_prompt_in_view_and_what_was_written_in_it(cohort: TalkRoom):
    key = cohort.keys()[0]
    form = cohort.ask(ADA, "write", key=key)
    assert isinstance(form, Form)
    assert "State the compliance gap" in read(form)
    assert form.action == f"write:{key}"
    assert form.fields[0].value == ""
    cohort.fill(ADA, 0, "My *draft*.")
    assert cohort.ask(ADA, "write", key=key).fields[0].value == "My *draft*."
    assert cohort.ask(BEN, "write", key=key).fields[0].value == ""


def test_a_prompt_that_is_unknown_or_another_workspaces_is_not_known_here(cohort: TalkRoom):
    gone = "This prompt is not known here any more. /today shows what is open."
    for command in ("write", "later", "back"):
        assert cohort.read(ADA, command, key="x" * 2**20) == gone
        assert cohort.read(ADA, command) == gone
        assert read(cohort.ask(MAY, command, workspace="elsewhere", key=cohort.keys()[0])) == gone
    assert cohort.read(FAY, "answers", day="x" * 24) == gone
    assert read(cohort.ask(MAY, "answers", workspace="elsewhere", day=cohort.keys()[0])) == gone


def test_a_lesson_taken_out_of_the_course_does_not_break_its_buttons(cohort: TalkRoom):
    cohort.write(ADA, 0, "Mine.")
    key, lessons = cohort.keys()[0], {day: each for day, each in cohort.course.lessons.items() if day != 31}
    cohort.course = type(cohort.course)(
        about=cohort.course.about, lessons=lessons, papers=cohort.course.papers, concepts=cohort.course.concepts
    )
    assert "no longer part of the lesson" in cohort.read(ADA, "write", key=key)
    assert "Mine." in cohort.read(FAY, "answers", day=key)
    assert "Day 31" in cohort.read(ADA, "progress")


def test_not_today_excuses_and_can_be_taken_back(cohort: TalkRoom):
    key = cohort.keys()[0]
    said = cohort.ask(ADA, "later", key=key)
    assert read(said).startswith("You are excused from day 31: it does not count against you.")
    assert buttons(said) == {"Count it again": f"back:{key}"}
    assert cohort.read(ADA, "later", key=key) == read(said)
    assert "Day 31 | Alignment Faking | excused" in cohort.read(ADA, "progress")
    assert cohort.read(ADA, "back", key=key) == "Day 31 counts for you again."
    assert "Day 31 | Alignment Faking | open" in cohort.read(ADA, "progress")
    assert "nothing is expected of you" in cohort.read(EVE, "later", key=key)


def test_names_and_words_of_members_are_shown_to_the_letter(cohort: TalkRoom):
    for number, hostile in enumerate(HOSTILE):
        person = Person(f"h{number}", hostile)
        cohort.ask(person, "join")
        cohort.write(person, 0, hostile)
    said = cohort.ask(FAY, "answers", day=cohort.keys()[0])
    for hostile in HOSTILE:
        assert f"{hostile}: {hostile}" in read(said)
    cohort.release()
    cohort.now = MONDAY + timedelta(days=30)
    report = cohort.ask(FAY, "report")
    for hostile in HOSTILE:
        assert f"• {hostile}: missed the last 2 lessons" in read(report)
    assert links(said) == links(report) == set()
