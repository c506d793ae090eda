"""The same note is kept once, however many processes keep it at the same moment."""

from made_cohorts import at, at_once, learner, opened

from bot.chat.inbound import Person
from bot.cohorts.cohorts import FACILITATOR
from bot.cohorts.nudges import nudge
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member, Nudge

FAY = Person("fay", "Fay")


def test_of_many_at_once_one_is_kept(database: Database) -> None:
    cohort = opened(database)
    ada = learner(database, cohort, "ada", at(0))
    learner(database, cohort, FAY.ref, at(0), FACILITATOR)

    def write(session, text: str, key: str) -> bool:
        there = session.get_one(Cohort, cohort.id), session.get_one(Member, ada.id)
        return nudge(session, *there, FAY, text, key, at(1))

    for number in range(6):
        kept = at_once(
            [lambda key=key, n=number: database.run_now(write, f"Note {n}", f"{n}x{key}") for key in range(8)]
        )
        assert sorted(kept) == [False] * 7 + [True]
    for table in (Nudge, AuditEntry):
        assert database.run_now(lambda session, table=table: session.query(table).count()) == 6
