"""What comes through the form is kept like what is written in the thread, and one form is one answer."""

from heard_events import counts, form, gone, heard, member_of, standing
from made_cohorts import at, at_once, reply
from sqlalchemy import select

from bot.chat.inbound import FormAnswer, Person
from bot.cohorts.prompts import (
    find_prompt,
)
from bot.cohorts.submissions import form_text, record_form
from bot.store.database import Database
from bot.store.tables import Cohort, Message, Revision


def test_a_form_is_kept_and_sending_it_again_is_a_new_version(
    database: Database, claim: Message, doubt: Message
) -> None:
    receipt = form(database, claim, "ada", "first", at(0, 10))
    assert (receipt.ref, receipt.first, receipt.text, receipt.open_prompts) == (None, True, "first", ("doubt",))
    again = form(database, claim, "ada", "second", at(0, 11))
    assert (again.first, again.text, again.submission) == (False, "second", receipt.submission)
    assert form(database, doubt, "ada", "doubt", at(0, 12)).open_prompts == ()
    assert standing(database, claim) == "second"
    revisions = database.run_now(
        lambda s: s.scalars(select(Revision.text).order_by(Revision.submission_id, Revision.revision)).all()
    )
    assert revisions == ["first", "second", "doubt"]


def test_the_last_of_two_forms_stands_even_when_the_clock_went_back(database: Database, claim: Message) -> None:
    for text, now in (("first", at(0, 10)), ("second", at(0, 11)), ("third", at(0, 8))):
        form(database, claim, "ada", text, now)
    assert standing(database, claim) == "third"


def test_forms_sent_at_once_are_all_kept_and_one_stands(database: Database, claim: Message) -> None:
    at_once([lambda n=n: form(database, claim, "ada", f"text {n}", at(0, 10)) for n in range(6)])
    texts = database.run_now(lambda s: s.scalars(select(Revision.text)).all())
    assert sorted(texts) == [f"text {n}" for n in range(6)]
    assert standing(database, claim) in texts
    assert counts(database)[0] == 1


def test_a_form_and_thread_replies_are_one_answer(database: Database, claim: Message) -> None:
    form(database, claim, "ada", "from the form", at(0, 11))
    receipt = heard(database, reply(claim.thread, "ada", "m", "from the thread", at(0, 10)))
    assert not receipt.first
    assert standing(database, claim) == "from the thread\n\nfrom the form"


def test_a_form_that_was_withdrawn_stands_again_when_it_is_sent_again(database: Database, claim: Message) -> None:
    receipt = form(database, claim, "ada", "first", at(0, 10))
    heard(database, gone(receipt.submission, at(0, 11)))
    assert standing(database, claim) == ""
    form(database, claim, "ada", "second", at(0, 12))
    assert standing(database, claim) == "second"


def test_a_form_comes_back_with_what_it_held(
    database: Database, cohort: Cohort, claim: Message, doubt: Message
) -> None:
    asked = database.run_now(find_prompt, "discord", claim.key)[0]
    assert database.run_now(form_text, asked, None) == ""
    ada = member_of(database, "ada")
    assert database.run_now(form_text, asked, ada) == ""
    receipt = form(database, claim, "ada", "so far", at(0, 10))
    assert database.run_now(form_text, asked, ada) == "so far"
    heard(database, gone(receipt.submission, at(0, 11)))
    assert database.run_now(form_text, asked, ada) == ""


def test_a_form_for_another_workspaces_prompt_or_an_unknown_one_is_not_kept(database: Database, claim: Message) -> None:
    assert form(database, claim, "ada", "x", at(0, 10), workspace="another") is None
    for key in ("", "a", "x" * 25, "\x00", "\ud800" * 24, claim.key[:-2], claim.key.upper(), "%"):
        sent = FormAnswer("discord", "W", None, Person("ada", "Ada"), "write:", {})
        assert database.run_now(record_form, sent, key, "x", at(0, 10)) is None
    sent = FormAnswer("slack", "W", None, Person("ada", "Ada"), "write:", {})
    assert database.run_now(record_form, sent, claim.key, "x", at(0, 10)) is None
    assert counts(database) == (0, 0, 0)
    assert form(database, claim, "ada", "x", at(0, 10), workspace="") is not None  # from a direct message


def test_a_form_for_a_page_that_asks_nothing_is_not_kept(database: Database, cohort: Cohort) -> None:
    page = database.run_now(lambda s: s.scalars(select(Message).where(Message.prompt.is_(None))).one())
    assert form(database, page, "ada", "x", at(0, 10)) is None
