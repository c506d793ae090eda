"""What a platform lets us hear, and what of it stands afterwards."""

from datetime import datetime

from sqlalchemy import func, select

from bot.chat.inbound import FormAnswer, Person, Reply, ReplyDeleted
from bot.cohorts.cohorts import find_member
from bot.cohorts.receipts import Receipt, standing_answer
from bot.cohorts.submissions import record, record_form, withdraw
from bot.store.database import Database
from bot.store.tables import Member, Message, Revision, Submission, Tombstone

Event = Reply | ReplyDeleted


def heard(database: Database, *events: Event) -> Receipt | None:
    """Each in its own transaction, as the engine does; what the last one answers."""
    receipt = None
    for event in events:
        receipt = database.run_now(record, event) if isinstance(event, Reply) else database.run_now(withdraw, event)
    return receipt


def gone(message: str, moment: datetime, thread: str | None = None) -> ReplyDeleted:
    return ReplyDeleted("discord", "W", thread, message, moment)


def form(
    database: Database, message: Message, person: str, text: str, now: datetime, workspace: str = "W"
) -> Receipt | None:
    sent = FormAnswer(
        "discord", workspace, None, Person(person, person.title()), f"write:{message.key}", {"answer": text}
    )
    return database.run_now(record_form, sent, message.key, text, now)


def standing(database: Database, message: Message, person: str = "ada") -> str:
    member = member_of(database, person)
    rows = database.run_now(standing_answer, message.id, member.id) if member else ()
    return "\n\n".join(each.text for each in rows)


def member_of(database: Database, ref: str) -> Member | None:
    return database.run_now(find_member, "discord", "W", ref)


def counts(database: Database) -> tuple[int, ...]:
    """Submissions, revisions, tombstones."""
    tables = (Submission, Revision, Tombstone)
    return tuple(database.run_now(lambda s, t=t: s.scalar(select(func.count()).select_from(t)) or 0) for t in tables)
