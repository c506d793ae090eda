"""What facilitators are shown of the calendar, before it changes and after."""

from datetime import date, timedelta

import pytest
from talk_room import ADA, EVE, FAY, HOSTILE, MAY, MONDAY, TalkRoom, buttons, links, read

from bot.chat.inbound import Command
from bot.cohorts import audit
from bot.cohorts.cohorts import find_cohort
from bot.store.tables import Cohort, DayOff, Delivery, SkippedLesson
from bot.talk.calendar_options import from_code, to_code
from bot.talk.commands import answer
from bot.talk.countries import country_name, near_countries, to_country
from bot.talk.dates import said, to_day


def found(room: TalkRoom) -> Cohort:
    return room.database.run_now(find_cohort, "chat", "room")


def press(room: TalkRoom, said_before, label: str = "Do it", person=FAY):
    """What a button of a post answers."""
    action = buttons(said_before)[label]
    assert len(action) <= 60
    name, _, what = action.partition(":")
    return room.ask(person, name, what=what)


def test_a_preview_tells_what_comes_until_the_end(cohort: TalkRoom):
    assert cohort.read(FAY, "cohort preview").startswith(
        "What comes: Spring\n"
        "Active. Lessons Mon–Fri at 09:00 (Europe/Zurich). 3 lessons to come; the last, day 35, on Fri 11 September.\n"
        "The next lessons\n"
        "Lesson | Comes | Title\n"
        "Day 33 | Wed 9 September, 09:00 | "
    )


def test_a_change_is_shown_first_and_made_when_its_button_is_pressed(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", days="wed,fri", time="18:00")
    assert read(shown).startswith(
        "Calendar: Spring\n"
        "Nothing is changed yet. This is what it would do.\n"
        "2 lessons move to another date. 1 lesson comes at another time."
        " The course ends on Wed 16 September, not Fri 11 September.\n"
        "The lessons that this concerns\n"
        "Lesson | Was to come | Comes\n"
        "Day 33 | Wed 9 September, 09:00 | Wed 9 September, 18:00\n"
        "Day 34 | Thu 10 September, 09:00 | Fri 11 September, 18:00\n"
        "Day 35 | Fri 11 September, 09:00 | Wed 16 September, 18:00\n"
    )
    assert "Lessons Mon–Fri at 09:00" in cohort.read(FAY, "cohort status")
    done = read(press(cohort, shown))
    assert done.startswith("Done: Spring\n2 lessons move to another date.")
    assert "Lessons Wed, Fri at 18:00" in cohort.read(FAY, "cohort status")
    assert "the last, day 35, on Wed 16 September" in cohort.read(FAY, "cohort status")


def test_what_is_left_is_left(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", shift="2")
    assert read(press(cohort, shown, "Leave it")) == "Nothing was changed."
    assert "day 35, on Fri 11 September" in cohort.read(FAY, "cohort preview")


def test_a_button_does_what_was_shown_or_says_that_something_has_changed(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", shift="2")
    cohort.release()
    late = press(cohort, shown)
    assert "Something has changed since, and nothing was done. This is what it would do now." in read(late)
    assert "Day 34 | Thu 10 September, 09:00 | Mon 14 September, 09:00" in read(late)
    assert "Done" in read(press(cohort, late))
    assert "nothing was done" in read(press(cohort, shown))


def test_pressed_twice_it_is_done_once(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", shift="2")
    press(cohort, shown)
    assert "nothing was done" in read(press(cohort, shown))
    assert "day 35, on Tue 15 September" in cohort.read(FAY, "cohort preview")


def test_a_button_is_for_facilitators_and_for_its_own_cohort(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", shift="2")
    for person in (ADA, EVE):
        assert read(press(cohort, shown, person=person)) == "The calendar is for the cohort's facilitators to change."
    cohort.open("second", "Autumn")
    elsewhere = Command("chat", "school", "second", MAY, "replan", {"what": buttons(shown)["Do it"][7:]})
    said_there = cohort.database.run_now(answer, cohort.course, cohort.lookup, elsewhere, cohort.now)
    assert "nothing was done" in read(said_there)
    assert read(cohort.ask(MAY, "replan", "third", what="no")).startswith("There is no cohort")


FORGED = (
    *("", "x", "aaaaaaaa", "aaaaaaaaw", "aaaaaaaaw999", "aaaaaaaat9999", "aaaaaaaaoxyz", "aaaaaaaac\x00"),
    *("aaaaaaaaofffffzzz", "aaaaaaaas²", "aaaaaaaa;;;", "aaaaaaaak" + "9" * 40, "aaaaaaaazMars/Olympus"),
    *("aaaaaaaabfffff", "\ud800" * 20, "aaaaaaaap" * 2**15),
)


@pytest.mark.parametrize("what", FORGED, ids=[f"forged {n}" for n in range(len(FORGED))])
def test_a_forged_button_changes_nothing(cohort: TalkRoom, what: str):
    before = cohort.read(FAY, "cohort preview")
    assert len(read(cohort.ask(FAY, "replan", what=what))) < 400
    assert cohort.read(FAY, "cohort preview") == before


def test_every_change_that_a_button_carries_comes_back_as_it_was():
    room_free = [
        ("w31", "t1830", "zEurope/Zurich", "cCH-ZH", "bb4921"),
        ("mb4921", "s3", "k33", "u34", "ob4921005Summer; break"),
        ("db4921", "p"),
        ("a33", "c"),
    ]
    for codes in room_free:
        changes = from_code(";".join(codes))
        assert changes is not None
        assert to_code(changes) == ";".join(codes)


def test_a_button_is_not_made_to_carry_a_thousand_changes():
    assert from_code("s1;" * 1_000) is None


def test_more_than_a_button_carries_is_said(cohort: TalkRoom):
    said_so = cohort.read(
        FAY, "cohort change", days="mon", time="8:00", zone="Buenos_Aires", country="CH-ZH", shift="3", skip="33"
    )
    assert said_so == "That is too much for one button. Change a part of it first, and then the rest."


def test_without_an_option_it_says_how(cohort: TalkRoom):
    said_so = cohort.read(FAY, "cohort change")
    assert "Lesson days, and so the pace: days:mon,wed,fri" in said_so


WRONG = {
    "time": ("25:00", "soon"),
    "zone": ("Mars", "x" * 2**20),
    "days": ("someday", "\ud800"),
    "country": ("Atlantis", "CH-QQ", "*A*", "[x](http://evil.example)", "x" * 2**20),
    "off": ("soon", "31 February", "2026-13-01", "3.4.2027", "\x00", "x" * 2**20),
    "meet": ("someday", "2026-09-10"),
    "shift": ("a bit", "0", "-3", "2026-09-01", "9" * 2**20),
    "skip": ("x", "99", "31", "1,2,3,4,5,6,7,8,9", "²", "9" * 2**20),
    "unskip": ("33", "x"),
    "start": ("2026-12-01", "soon"),
    "until": ("2026-12-24",),
    "note": ("why",),
}


@pytest.mark.parametrize(
    ("option", "value"),
    [(option, value) for option, wrong in WRONG.items() for value in wrong],
    ids=[f"{option} {n}" for option, wrong in WRONG.items() for n in range(len(wrong))],
)
def test_what_cannot_be_read_or_done_gets_one_helpful_sentence(cohort: TalkRoom, option: str, value: str):
    before = cohort.read(FAY, "cohort preview")
    said_so = cohort.ask(FAY, "cohort change", **{option: value})
    assert buttons(said_so) == {}
    assert "\n" not in read(said_so)
    assert len(read(said_so)) < 330
    assert links(said_so) == set()
    assert cohort.read(FAY, "cohort preview") == before


@pytest.mark.parametrize("words", HOSTILE, ids=[f"hostile {n}" for n in range(len(HOSTILE))])
def test_a_note_is_shown_to_the_letter_and_inert(cohort: TalkRoom, words: str):
    shown = cohort.ask(FAY, "cohort change", off="2026-09-10", note=words[:30])
    press(cohort, shown)
    note = " ".join(words[:30].split())
    for said_so in (shown, cohort.ask(FAY, "cohort preview"), cohort.ask(FAY, "cohort status")):
        assert f"Thu 10 September ({note})" in read(said_so)
        assert links(said_so) == set()


def test_a_break_is_put_in_and_taken_away_again(cohort: TalkRoom):
    shown = cohort.ask(FAY, "cohort change", off="9 September", until="Fri 11 September", note="Fair")
    assert "No lessons on Wed 9 September to Fri 11 September (Fair)." in read(shown)
    press(cohort, shown)
    again = cohort.read(FAY, "cohort change", off="2026-09-10")
    assert again == "Thu 10 September is off already. /cohort change meet:2026-09-10 takes that break away."
    back = cohort.ask(FAY, "cohort change", meet="2026-09-10")
    assert "No days off any more: Wed 9 September to Fri 11 September (Fair)." in read(back)
    press(cohort, back)
    assert cohort.database.run_now(lambda session: session.query(DayOff).count()) == 0


def test_holidays_are_named_and_the_country_is_said(room: TalkRoom):
    room.open(start="2026-12-24", days="mon-sun")
    shown = room.ask(MAY, "cohort change", country="Switzerland")
    assert "No lessons on Fri 25 December (Christmas Day)." in read(shown)
    press(room, shown, person=MAY)
    status = room.read(MAY, "cohort status")
    assert "Public holidays of Switzerland are days off. No lessons on Fri 25 December (Christmas Day)." in status
    assert read(room.ask(MAY, "cohort change", country="CH")) == "Spring is so already: nothing would change."


def test_a_lesson_is_left_out_and_taken_back(cohort: TalkRoom):
    press(cohort, cohort.ask(FAY, "cohort change", skip="33"))
    assert "Left out: day 33." in cohort.read(FAY, "cohort status")
    shown = cohort.ask(FAY, "cohort change", unskip="33")
    assert "Day 33 will come." in read(shown)
    press(cohort, shown)
    assert "Left out" not in cohort.read(FAY, "cohort status")


def test_a_lesson_that_was_left_out_counts_for_nobody_and_can_be_read_when_the_cohort_is_past_it(cohort: TalkRoom):
    press(cohort, cohort.ask(FAY, "cohort change", skip="33,35"))
    assert "not open yet" in cohort.read(ADA, "lesson", day="33")
    cohort.release()
    assert "not open yet" not in cohort.read(ADA, "lesson", day="33")
    progress = cohort.read(ADA, "progress")
    assert "Day 34" in progress
    assert "Day 33" not in progress
    # 35 is the course's last: nothing follows it that would show that they are past it
    assert found(cohort).state == "finished"
    assert "not open yet" not in cohort.read(ADA, "lesson", day="35")


def test_the_next_lesson_goes_out_now_when_it_is_confirmed(cohort: TalkRoom):
    taken = cohort.read(FAY, "cohort post")
    assert taken.startswith("Tue 8 September has its lesson, and a date gets one only.")
    cohort.now = MONDAY + timedelta(days=5, hours=3)
    cohort.database.run_now(_stand_still, cohort.now)
    shown = cohort.ask(FAY, "cohort post")
    assert "Day 33 goes out now, under Sat 12 September." in read(shown)
    done = read(press(cohort, shown))
    assert "It is posted within a minute." in done
    assert cohort.database.run_now(lambda s: s.query(Delivery).filter_by(lesson=33).one()).due_at == cohort.now


def _stand_still(session, now) -> None:
    """The cohort was paused until Friday evening."""
    row = session.query(Cohort).one()
    row.next_date, row.next_due_at = date(2026, 9, 14), MONDAY + timedelta(days=7, hours=1)


def test_what_is_out_or_to_come_is_not_posted_again(cohort: TalkRoom):
    out = "Day 31 is out since Mon 7 September, and what is out is never posted again. /cohort refresh 31 brings it to"
    assert cohort.read(FAY, "cohort post", day="31").startswith(out)
    assert cohort.read(FAY, "cohort post", day="34").startswith("Day 34 is still to come, on Thu 10 September.")
    assert cohort.read(FAY, "cohort post", day="9" * 9).startswith("Which day?")


def test_a_stuck_lesson_is_tried_again_when_it_is_confirmed(cohort: TalkRoom):
    cohort.database.run_now(lambda s: setattr(s.query(Delivery).filter_by(lesson=32).one(), "state", "dead"))
    shown = cohort.ask(FAY, "cohort post", day="32")
    assert "Day 32 goes out now, under Tue 8 September." in read(shown)
    press(cohort, shown)
    assert cohort.database.run_now(lambda s: s.query(Delivery).filter_by(lesson=32).one()).state == "planned"


def test_another_zone_says_whose_clock_each_time_is_on(cohort: TalkRoom):
    shown = cohort.read(FAY, "cohort change", zone="new york")
    assert "Lesson | Was to come (Europe/Zurich) | Comes (America/New_York)" in shown


def test_whoever_leaves_a_name_out_is_told_that_it_has_one(cohort: TalkRoom):
    said = cohort.read(FAY, "cohort change", days="shift 3")
    assert said.endswith("Whatever else changes is named, like shift:3.")


def test_a_cohort_whose_zone_is_gone_is_told_how_to_be_cured(cohort: TalkRoom):
    cohort.database.run_now(lambda s: setattr(s.query(Cohort).one(), "zone", "Mars/Olympus"))
    for command in ("cohort preview", "cohort pause"):
        assert "is not known any more" in cohort.read(FAY, command) or "time zone" in cohort.read(FAY, command)
    assert "Mars/Olympus" in cohort.read(FAY, "cohort status")
    shown = cohort.ask(FAY, "cohort change", zone="zurich")
    press(cohort, shown)
    assert "day 35, on Fri 11 September" in cohort.read(FAY, "cohort preview")


def test_an_archived_cohort_is_changed_by_nothing(cohort: TalkRoom):
    cohort.database.run_now(lambda s: s.add(SkippedLesson(cohort_id=found(cohort).id, lesson=33)))
    cohort.database.run_now(lambda s: _archive(s.query(Cohort).one(), cohort.now))
    for options in ({"unskip": "33"}, {"days": "mon"}, {"shift": "1"}):
        assert "is archived. /cohort unarchive takes it out again." in cohort.read(MAY, "cohort change", **options)
    assert "is archived" in cohort.read(MAY, "cohort resume")


def _archive(row: Cohort, now) -> None:
    row.state, row.archived_at = "finished", now


def test_steering_is_written_down(cohort: TalkRoom):
    cohort.ask(FAY, "cohort pause")
    cohort.ask(FAY, "cohort resume")
    press(cohort, cohort.ask(FAY, "cohort change", skip="34", time="8:00"))
    says = [each.says for each in cohort.database.run_now(lambda s: audit.entries(s, s.query(Cohort).one()))]
    assert says[:3] == ["time: 09:00 → 08:00; day 34 skipped", "resumed", "paused"]
    assert cohort.database.run_now(lambda s: s.query(SkippedLesson).count()) == 1


# Dates and countries


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-03-03", date(2027, 3, 3)),
        ("3 March", date(2027, 3, 3)),
        ("3 mar", date(2027, 3, 3)),
        ("March 3rd, 2028", date(2028, 3, 3)),
        ("Wed 3 March 2027", date(2027, 3, 3)),
        ("7 September", date(2026, 9, 7)),
        ("6 September", date(2027, 9, 6)),
        ("29 February", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_as_people_write_it(typed: str, day: date):
    assert to_day(typed, date(2026, 9, 7)) == day


def test_a_date_is_said_as_people_read_it():
    assert said(date(2026, 3, 3), date(2026, 1, 1)) == "Tue 3 March"
    assert said(date(2027, 3, 3), date(2026, 1, 1)) == "Wed 3 March 2027"


def test_a_country_is_known_by_its_code_and_by_its_name():
    assert [to_country(each) for each in ("ch", "CH-zh", "switzerland", "United States", "none")] == [
        "CH",
        "CH-ZH",
        "CH",
        "US",
        None,
    ]
    assert country_name("CH-ZH") == "Switzerland, ZH"
    assert near_countries("switz", 3)[:2] == ("CH", "CH-AG")
    assert near_countries("germny", 3)[0] == "DE"
    assert len(near_countries("", 25)) == 25


def test_a_lesson_posted_after_all_is_the_one_that_everybody_is_told_of(cohort: TalkRoom):
    press(cohort, cohort.ask(FAY, "cohort change", skip="33"))
    cohort.release(2)
    cohort.now += timedelta(days=2)
    press(cohort, cohort.ask(FAY, "cohort post", day="33"))
    cohort.release()
    assert "on day 33, finished" in cohort.read(FAY, "report")
    assert "Spring · day 33 ·" in cohort.read(ADA, "today")
    assert "Day 33" in cohort.read(ADA, "home", None)
    assert cohort.read(FAY, "answers").startswith("Day 33: ")
    assert cohort.read(ADA, "concepts").startswith("Concepts of day 33")
    assert "Day 35" in cohort.read(ADA, "lesson", day="35"), "what was open stays open"
