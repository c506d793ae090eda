"""A cohort is opened by a form: nothing before *Open it*, once however often that is pressed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import combinations
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from talk_room import ADA, EVE, FAY, HOSTILE, LOOKUP, MAY, MONDAY, TalkRoom, buttons, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Command, FormAnswer, Person
from bot.chat.post import Form, Post, Rejected
from bot.cohorts import cohorts
from bot.cohorts.zones import MOST_PEOPLE, ZONES, guess_zone
from bot.platforms.discord.forms import modal
from bot.platforms.discord.marks import to_action, to_custom_id
from bot.platforms.discord.render import render as discord_render
from bot.platforms.slack.render import render as slack_render
from bot.store.tables import AuditEntry, Cohort, DayOff, Enrollment
from bot.talk.commands import answer
from bot.talk.outlines import NAME_LIMIT, Outline, packed, unpacked
from bot.talk.setting_up import filled

TYPED = {"name": "Spring", "zone": "Zurich", "time": "9:00", "days": "mon-fri", "start": "2026-09-08"}


def send(room: TalkRoom, person: Person = MAY, action: str = "setup", channel: str | None = "room", **typed: str):
    form = FormAnswer("chat", "school", channel, person, action, TYPED | typed)
    return room.database.run_now(filled, room.course, form, room.now)


def press(room: TalkRoom, said: Post, label: str, person: Person = MAY, channel: str | None = "room"):
    name, options = from_action(buttons(said)[label])
    return room.ask(person, name, channel, **options)


def opened(room: TalkRoom) -> list[Cohort]:
    return room.database.run_now(lambda session: list(session.scalars(select(Cohort).order_by(Cohort.id))))


def values(form: Form) -> dict[str, str]:
    return {field.id: field.value for field in form.fields}


# the form


def test_without_a_name_a_form_opens_with_everything_else_filled_in(room: TalkRoom):
    form = room.ask(MAY, "cohort create")
    assert isinstance(form, Form)
    assert values(form) == {"name": "", "zone": "UTC", "time": "09:00", "days": "Mon-Fri", "start": "2026-09-08"}
    assert opened(room) == []


def test_the_first_day_is_the_next_lesson_day_from_tomorrow(room: TalkRoom):
    room.now = MONDAY + timedelta(days=4)  # a Friday
    assert values(room.ask(MAY, "cohort create"))["start"] == "2026-09-14"


@pytest.mark.parametrize(
    ("zone", "locale", "guessed"),
    [
        ("Asia/Tokyo", "de", "Asia/Tokyo"),
        (None, "de-CH", "Europe/Zurich"),
        (None, "pt-BR", "America/Sao_Paulo"),
        (None, "ja", "Asia/Tokyo"),
        (None, "en", "America/New_York"),
        (None, "zh_TW", "Asia/Taipei"),
        ("Mars/Phobos", "en-GB", "Europe/London"),
        (None, "es-419", "UTC"),
        (None, "x" * 2**20, "UTC"),
        (None, "\ud800", "UTC"),
        (None, "", "UTC"),
        (None, None, "UTC"),
    ],
)
def test_the_zone_is_guessed_from_the_persons_clock_else_from_their_language(
    room: TalkRoom, zone: str | None, locale: str | None, guessed: str
):
    asked = Command("chat", "school", "room", MAY, "cohort create", locale=locale, zone=zone)
    form = room.database.run_now(answer, room.course, LOOKUP, asked, room.now)
    assert values(form)["zone"] == guessed


def test_every_zone_that_stands_for_a_territory_is_one():
    assert set(MOST_PEOPLE.values()) <= set(ZONES)
    assert guess_zone(None, "en-AQ") == "UTC", "nobody's clock can be told from so many"


def test_what_was_typed_behind_the_command_stands_in_the_form(room: TalkRoom):
    form = room.ask(MAY, "cohort create", zone="Zürich?", time="7", days="sun-thu", start="2026-10-01")
    assert values(form) == {"name": "", "zone": "UTC", "time": "07:00", "days": "Mon, Tue, Wed, Thu, Sun"} | {
        "start": "2026-10-01"
    }


def test_the_form_fits_every_platform(room: TalkRoom):
    form = room.ask(MAY, "cohort create")
    assert len(modal(form)["components"]) == 5
    assert len(form.title) <= 24
    assert all(len(field.hint) <= 100 and len(field.label) <= 45 for field in form.fields)


def test_a_form_is_for_whoever_may_open_a_cohort_there(cohort: TalkRoom):
    for person in (ADA, EVE):
        assert "for facilitators" in cohort.read(person, "cohort create")
        assert "whoever may manage this channel" in cohort.read(person, "setup", "second")
        assert "whoever may manage this channel" in read(send(cohort, person, channel="second"))
        forged = f"open:{packed(Outline('Mine', 'UTC', time(9), 1, date(2027, 1, 4)))}"
        name, options = from_action(forged)
        assert "whoever may manage this channel" in cohort.read(person, name, "second", **options)
    assert "runs in this channel" in cohort.read(MAY, "cohort create")
    assert "Open a cohort in the channel" in cohort.read(MAY, "cohort create", None)
    assert "Open a cohort in the channel" in read(send(cohort, channel=None))
    assert len(opened(cohort)) == 1


# sent back


def test_what_was_filled_in_is_shown_as_what_would_come(room: TalkRoom):
    said = send(room)
    assert isinstance(said, Post)
    assert read(said) == (
        "Spring\n"
        "Frontier AI safety: a 60-day reading and analysis course, in this channel. 5 lessons, Mon–Fri at 09:00"
        " (Europe/Zurich); the last one on Monday, 14 September 2026.\n"
        "Day 31 2026-09-08 07:00 UTC (Europe/Zurich)\n"
        "Day 32 2026-09-09 07:00 UTC (Europe/Zurich)\n"
        "Day 33 2026-09-10 07:00 UTC (Europe/Zurich)\n"
        "The course has 5 of its 60 lessons: what is not written by its day is left out.\n"
        "Holidays and breaks are not left out yet: /cohort change does that once it is open. Before the first lesson"
        " I look whether I may do here all that lessons need, and tell you what is missing.\n"
        "[Open it] [Change]\n"
        "Nothing is open yet, and nobody was told."
    )
    assert opened(room) == []


def test_what_the_preview_shows_is_what_comes(room: TalkRoom):
    said = send(room, zone="New York", days="tue,thu", start="2026-09-08")
    press(room, said, "Open it")
    room.release(3)
    dates = [f"Day {day} 2026-09-{number:02} 13:00 UTC" for day, number in ((31, 8), (32, 10), (33, 15))]
    assert [line[: len(dates[0])] for line in read(said).splitlines() if line.startswith("Day 3")] == dates
    progress = room.read(MAY, "cohort status")
    assert "Next lesson 2026-09-17 13:00 UTC" in progress


WRONG = {
    "name": ("", "  ", "x" * 41, "\x00\ud800", "x" * 2**20),
    "zone": ("Mars", "", "\ud800", "x" * 2**20),
    "time": ("noon", "", "25", "x" * 2**20),
    "days": ("someday", "", "[x](http://evil.example)", "x" * 2**20),
    "start": ("1 Marz", "", "2026-13-01", "2026-09-06", "9999-12-31", "x" * 2**20),
}


@pytest.mark.parametrize(
    ("field", "number"), [(field, number) for field, wrong in WRONG.items() for number in range(len(wrong))]
)
def test_what_cannot_be_read_is_said_under_its_field_and_opens_nothing(room: TalkRoom, field: str, number: int):
    said = send(room, **{field: WRONG[field][number]})
    assert isinstance(said, Rejected)
    [(where, says)] = said.errors
    assert where == field
    assert len(says) < 200
    assert says.endswith((".", "?"))
    assert links(said.post) == set()
    assert opened(room) == []


def test_every_field_that_is_wrong_is_told_at_once_and_the_rest_is_kept(room: TalkRoom):
    said = send(room, time="noon", start="1 Marz", days="sun-thu")
    assert dict(said.errors) == {
        "time": "“noon” is not a time of day: write it like `09:00`.",
        "start": "“1 Marz” is not a date: write it like `2027-03-03`, or `3 March`.",
    }
    assert "you: noon" in read(said.post)
    again = press(room, said.post, "Fill it in again")
    assert values(again)["name"] == "Spring"
    assert values(again)["days"] == "Mon, Tue, Wed, Thu, Sun"


def test_a_day_may_be_written_in_words(room: TalkRoom):
    form = press(room, send(room, start="Tue 8 September"), "Change")
    assert values(form)["start"] == "2026-09-08"


def test_a_name_that_is_taken_is_said_under_it(cohort: TalkRoom):
    said = send(cohort, channel="second")
    assert said.errors == (("name", "There is a cohort “Spring” already. Choose another name."),)


def test_change_opens_the_form_with_what_was_typed(room: TalkRoom):
    form = press(room, send(room, time="18:30"), "Change")
    assert values(form) == {"name": "Spring", "zone": "Europe/Zurich", "time": "18:30"} | {
        "days": "Mon-Fri",
        "start": "2026-09-08",
    }


# opened


def test_a_cohort_is_open_after_open_it_and_not_before(room: TalkRoom):
    said = press(room, send(room), "Open it")
    [cohort] = opened(room)
    assert (cohort.name, cohort.zone, cohort.post_time, cohort.state) == ("Spring", "Europe/Zurich", time(9), "active")
    assert list(buttons(said))[:2] == ["Send me a test post", "Invite members"]
    assert "Report: Spring" in room.read(Person("may", "May"), "report"), "who opened it facilitates it"
    [entry] = room.database.run_now(lambda session: session.scalars(select(AuditEntry)).all())
    assert entry.says == "opened: Mon–Fri at 09:00 (Europe/Zurich), from 2026-09-08 on"


def test_opening_twice_opens_one(room: TalkRoom):
    said = send(room)
    assert read(press(room, said, "Open it")) == read(press(room, said, "Open it"))
    assert len(opened(room)) == 1
    assert "runs in this channel" in read(press(room, send(room, name="Autumn", channel="other"), "Open it"))


def test_a_button_that_is_pressed_after_its_first_day_opens_nothing(room: TalkRoom):
    said = send(room)
    room.now += timedelta(days=2)
    late = press(room, said, "Open it")
    assert "Tuesday, 8 September 2026 has passed meanwhile" in read(late)
    assert opened(room) == []
    assert values(press(room, late, "Change"))["name"] == "Spring"


def test_a_name_that_was_taken_meanwhile_is_said(room: TalkRoom):
    said = send(room)
    room.open("second", "Spring")
    assert "already. Choose another name" in read(press(room, said, "Open it"))


@pytest.mark.parametrize("word", ["", "x", "A" * 11, "!" * 30, "\ud800" * 20, "x" * 2**20, *HOSTILE])
def test_a_forged_button_is_harmless(room: TalkRoom, word: str):
    assert "/cohort create begins anew" in room.read(MAY, "open", draft=word)
    assert isinstance(room.ask(MAY, "setup", draft=word), Form)
    assert opened(room) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_words_and_nothing_else(room: TalkRoom, name: str):
    said = send(room, name=name[:NAME_LIMIT])
    assert isinstance(said, Post)
    assert links(said) == set()
    checklist = press(room, said, "Open it")
    assert links(checklist) == set()
    assert opened(room)[0].name == " ".join(name[:NAME_LIMIT].split())
    for post in (said, checklist):
        assert discord_render(post, None)
        assert slack_render(post, None)


# in a button


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=NAME_LIMIT).map(lambda s: " ".join(s.split()))
outlines = st.builds(
    Outline,
    names,
    st.sampled_from([*ZONES, "UTC"]),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 127),
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
)


@given(outlines)
def test_a_button_carries_all_of_it(outline: Outline):
    outline = replace(outline, post_time=outline.post_time.replace(fold=0, tzinfo=None))
    action = f"setup:{packed(outline)}"
    assert len(action) <= 60
    assert len(f"hr:{action}".encode("utf-16-le")) // 2 <= 100
    name, options = from_action(action)
    assert (name, unpacked(options["draft"])) == ("setup", outline)
    assert to_action(to_custom_id(action)) == action


def test_a_name_that_ends_like_a_marker_comes_back_whole():
    outline = Outline("x|" + "a" * 24, "UTC", time(9), 1, date(2026, 9, 8))
    assert to_action(to_custom_id(f"open:{packed(outline)}")) == f"open:{packed(outline)}"


@given(st.text(max_size=60))
def test_a_word_that_nobody_packed_raises_nothing(word: str):
    found = unpacked(word)
    assert found is None or unpacked(packed(found)) == found


def test_a_day_beyond_every_calendar_is_no_outline():
    head = urlsafe_b64decode(packed(Outline("", "UTC", time(9), 1, date(2026, 9, 8))) + "=")
    far = head[:3] + (int.from_bytes(head[3:]) | 0b1111 << 36).to_bytes(5)
    assert unpacked(urlsafe_b64encode(far).decode().rstrip("=")) is None


def test_no_two_zones_are_the_same_in_a_button():
    made = {zone: packed(Outline("", zone, time(9), 1, date(2026, 1, 1))) for zone in available_timezones()}
    assert all(a != b for a, b in combinations(made.values(), 2))


# the checklist


def test_a_test_post_is_the_first_lesson_for_one_facilitator_alone(room: TalkRoom):
    checklist = press(room, send(room), "Open it")
    said = press(room, checklist, "Send me a test post")
    lesson = room.course.lessons[31]
    assert lesson.thesis.split()[0] in read(said)
    assert all(prompt.ask.split("\n")[0].split("*")[0][:30] in read(said) for prompt in lesson.prompts)
    assert "Write my answer" not in buttons(said), "there is no prompt yet that it could answer"
    assert room.keys() == []
    for person in (ADA, EVE, replace(EVE, manages=True)):
        assert "for the cohort's facilitators" in read(press(room, checklist, "Send me a test post", person))
    room.ask(ADA, "join")
    assert "for the cohort's facilitators" in read(press(room, checklist, "Send me a test post", ADA))


@pytest.mark.parametrize("number", ["", "0", "x", "99", "9" * 30, "\u0663", "\ud800"])
def test_a_forged_test_post_shows_nothing(cohort: TalkRoom, number: str):
    assert "for the cohort's facilitators" in cohort.read(FAY, "trial", id=number)


# like another


def test_a_cohort_is_opened_like_another_one(cohort: TalkRoom):
    cohort.ask(FAY, "cohort catchup", policy="shift")
    cohort.ask(FAY, "cohort pins", count="3")
    cohort.ask(FAY, "cohort ping", who="learners")
    cohort.database.run_now(_break_from_to, date(2026, 9, 1), date(2026, 9, 2))
    cohort.database.run_now(_break_from_to, date(2026, 9, 8), date(2026, 9, 9))
    may = Person("fay", "Fay", manages=True)
    said = cohort.read(may, "cohort create", "second", name="Autumn", like="spring", time="10:00")
    assert "Lessons come here Mon–Fri at 10:00 (Europe/Zurich)" in said
    assert "Next lesson 2026-09-10 08:00 UTC" in said, "a break that lies ahead holds there as well"
    _, second = opened(cohort)
    assert (second.catch_up, second.pins, second.ping, second.alerts) == ("shift", 3, None, None)
    people, breaks = cohort.database.run_now(_people_and_breaks, second.id)
    assert (people, breaks) == (["facilitator"], [date(2026, 9, 8)])


def test_only_a_cohort_that_one_facilitates_here_can_be_taken_over(cohort: TalkRoom):
    for person in (replace(ADA, manages=True), replace(EVE, manages=True)):
        said = cohort.read(person, "cohort create", "second", name="Mine", like="Spring")
        assert said == "You facilitate no cohort called “Spring” here, so nothing was opened."
    fay = Person("fay", "Fay", manages=True)
    assert "no cohort called" in read(cohort.ask(fay, "cohort create", "x", "other school", name="M", like="Spring"))
    assert "Give the new cohort a name" in cohort.read(fay, "cohort create", "second", like="Spring")
    assert len(opened(cohort)) == 1


def test_holidays_of_the_others_country_are_left_out(cohort: TalkRoom):
    cohort.database.run_now(_choose_country, "CH")
    fay = Person("fay", "Fay", manages=True)
    said = cohort.read(fay, "cohort create", "second", name="New year", like="Spring", start="2027-01-01")
    assert "Next lesson 2027-01-04" in said


def _choose_country(session, code):
    cohorts.find_cohort(session, "chat", "room").country = code


def _break_from_to(session, first, last):
    cohort = cohorts.find_cohort(session, "chat", "room")
    session.add(DayOff(cohort_id=cohort.id, first_date=first, last_date=last, kind="break"))


def _people_and_breaks(session, cohort):
    roles = session.scalars(select(Enrollment.role).where(Enrollment.cohort_id == cohort)).all()
    return roles, session.scalars(select(DayOff.first_date).where(DayOff.cohort_id == cohort)).all()
