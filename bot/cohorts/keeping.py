"""What is heard at the same time, kept in one transaction.

Nearly all of it is new answers, each in the thread of its own prompt. Those are kept by questions that are asked once
for all of them; everything else goes the way of a single event. The record ends the same either way, and each writer is
told what they would be told if the answers had come one by one. (Of two names that somebody bears in the same moment
either may stay.)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, union_all
from sqlalchemy.orm import Session, aliased

from bot.chat.inbound import Heard, Person, Reply, ReplyEdited
from bot.cohorts.cohorts import keep_name, known_member
from bot.cohorts.loose import Loose, keep_heard
from bot.cohorts.receipts import Receipt, message_of, refs_of
from bot.store.database import wait_for_turns
from bot.store.tables import Cohort, Delivery, Enrollment, LooseReply, Member, Message, Revision, Submission, Tombstone
from bot.store.tables.changes import count_many

Kept = Receipt | Loose | None


@dataclass(frozen=True)
class _Place:
    """A prompt with a thread of its own. prompts: all of its lesson's, message → prompt, in their order."""

    message: int
    cohort: int
    workspace: str
    lesson: int
    prompts: dict[int, str]


@dataclass(frozen=True)
class _Answer:
    """A new answer: who wrote it, and to what."""

    reply: Reply
    place: _Place
    member: Member


def keep_together(session: Session, heard: Sequence[Heard]) -> list[Kept]:
    """As `keep_heard` for each of them: what each writer may be told or asked, in the same order. When the record
    cannot take one of them, all fail."""
    wait_for_turns(session, [_turn(each) for each in heard])  # all of them first: who holds one waits for no other
    kept: list[Kept] = []
    for run in _runs(heard):
        plain = _keep_plain(session, run)
        for each in run:
            message = each.message if isinstance(each, Reply) else None
            kept.append(plain[message] if message in plain else keep_heard(session, each))
    return kept


def _turn(heard: Heard) -> tuple[str, str]:
    event = heard.reply if isinstance(heard, ReplyEdited) else heard
    return event.platform, event.message


def _runs(heard: Iterable[Heard]) -> Iterator[list[Heard]]:
    """The same in the same order, in pieces: replies, each of another message; or a single event that is none."""
    run: dict[str, Heard] = {}
    for each in heard:
        if not isinstance(each, Reply) or each.message in run:
            yield [*run.values()]
            run = {}
        if isinstance(each, Reply):
            run[each.message] = each
        else:
            yield [each]
    yield [*run.values()]


def _keep_plain(session: Session, run: Sequence[Heard]) -> dict[str | None, Receipt]:
    """Message → receipt, of those that are new answers in a thread of their own prompt."""
    replies = [each for each in run if isinstance(each, Reply) and each.thread is not None]
    if not replies:
        return {}
    platform = replies[0].platform
    places = _places(session, platform, {each.thread for each in replies})
    known = _known(session, platform, [each.message for each in replies if each.thread in places])
    plain = [each for each in replies if each.thread in places and each.message not in known]
    members = _members(session, platform, plain, places)
    answers = []
    for each in plain:
        place = places[each.thread]
        answers.append(_Answer(each, place, members[place.workspace, each.author.ref]))
    receipts = _receipts(session, answers)  # by what stood there before them
    _add(session, answers)
    return receipts


def _places(session: Session, platform: str, threads: Iterable[str | None]) -> dict[str | None, _Place]:
    """Thread → prompt, without threads that all prompts of a lesson share, as a forum's post is."""
    part = aliased(Message)
    rows = session.execute(
        select(Message.thread, Message.id, Cohort.id, Cohort.workspace, Delivery.lesson, part.id, part.prompt)
        .add_columns(part.number, part.thread)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .join(part, part.delivery_id == Delivery.id)
        .where(Message.platform == platform, Message.thread.in_(threads), Message.prompt.is_not(None))
        .order_by(part.number)
    )
    places: dict[str | None, _Place] = {}
    shared: set[str | None] = set()
    for thread, message, cohort, workspace, lesson, sibling, prompt, number, its_thread in rows:
        place = places.setdefault(thread, _Place(message, cohort, workspace, lesson, {}))
        if prompt is not None:
            place.prompts[sibling] = prompt
        elif number == 0 and its_thread is not None:
            shared.add(thread)
    return {thread: place for thread, place in places.items() if thread not in shared}


def _known(session: Session, platform: str, messages: Iterable[str]) -> set[str]:
    """Those of the messages of which something is in the record: they are not new."""
    messages = [*messages]
    refs = [ref for each in messages for ref in refs_of(each)]
    asked = union_all(
        select(Tombstone.ref).where(Tombstone.platform == platform, Tombstone.ref.in_(messages)),
        select(LooseReply.ref).where(LooseReply.platform == platform, LooseReply.ref.in_(messages)),
        select(Submission.ref).where(Submission.platform == platform, Submission.ref.in_(refs)),
    )
    return {message_of(ref) for ref in session.scalars(asked)} if messages else set()


def _members(
    session: Session, platform: str, replies: Sequence[Reply], places: Mapping[str | None, _Place]
) -> dict[tuple[str, str], Member]:
    """(workspace, their id there) → member; those who write for the first time are made."""
    wanted = {(places[each.thread].workspace, each.author.ref): each.author for each in replies}
    rows = session.scalars(
        select(Member).where(
            Member.platform == platform,
            Member.workspace.in_({workspace for workspace, _ in wanted}),
            Member.ref.in_({ref for _, ref in wanted}),
        )
    )
    found = {(each.workspace, each.ref): each for each in rows} if wanted else {}
    for (workspace, ref), person in wanted.items():
        member = found.get((workspace, ref))
        if member is None:
            found[workspace, ref] = known_member(session, platform, workspace, person)
        else:
            keep_name(member, person)
    return found


def _receipts(session: Session, answers: Sequence[_Answer]) -> dict[str | None, Receipt]:
    """What may be said of each when those before it stand."""
    quiet, standing = _enrolled(session, answers), _standing(session, answers)
    receipts: dict[str | None, Receipt] = {}
    for each in answers:
        reply, place, member = each.reply, each.place, each.member
        first = reply.revision == 0 and (member.id, place.message) not in standing
        standing.add((member.id, place.message))
        receipts[reply.message] = Receipt(
            submission=reply.message,
            ref=reply.message,
            workspace=place.workspace,
            person=Person(member.ref, member.name),
            thread=reply.thread,
            lesson=place.lesson,
            prompt=place.prompts[place.message],
            text=reply.text,
            open_prompts=tuple(name for one, name in place.prompts.items() if (member.id, one) not in standing),
            first=first,
            enrolled=(place.cohort, member.id) in quiet,
            quiet=quiet.get((place.cohort, member.id), False),
        )
    return receipts


def _enrolled(session: Session, answers: Sequence[_Answer]) -> dict[tuple[int, int], bool]:
    """(cohort, member), of who is in it → whether they want no notes."""
    rows = session.execute(
        select(Enrollment.cohort_id, Enrollment.member_id, Enrollment.quiet).where(
            Enrollment.cohort_id.in_({each.place.cohort for each in answers}),
            Enrollment.member_id.in_({each.member.id for each in answers}),
            Enrollment.left_on.is_(None),
        )
    )
    return {(cohort, member): quiet for cohort, member, quiet in rows}


def _standing(session: Session, answers: Sequence[_Answer]) -> set[tuple[int, int]]:
    """(member, message) where something of theirs stands, in the lessons that are answered."""
    rows = session.execute(
        select(Submission.member_id, Submission.message_id).where(
            Submission.message_id.in_({prompt for each in answers for prompt in each.place.prompts}),
            Submission.member_id.in_({each.member.id for each in answers}),
            Submission.withdrawn_at.is_(None),
        )
    )
    return {(member, message) for member, message in rows}


def _add(session: Session, answers: Sequence[_Answer]) -> None:
    """In four statements: one for each answer costs more than all that is asked about it."""
    if not answers:
        return
    platform = answers[0].reply.platform
    session.execute(insert(Submission), [_row(each) for each in answers])
    mine = Submission.ref.in_([each.reply.message for each in answers])
    rows = session.execute(select(Submission.ref, Submission.id).where(Submission.platform == platform, mine))
    ids = {each.ref: each.id for each in rows}
    replies = [each.reply for each in answers]
    versions = [{"submission_id": ids[each.message], "revision": each.revision, "text": each.text} for each in replies]
    session.execute(insert(Revision), versions)
    count_many(session, Counter((each.place.cohort, each.member.id) for each in answers))


def _row(answer: _Answer) -> dict[str, object]:
    reply = answer.reply
    return {
        "message_id": answer.place.message,
        "member_id": answer.member.id,
        "platform": reply.platform,
        "ref": reply.message,
        "text": reply.text,
        "revision": reply.revision,
        "sent_at": reply.sent_at,
        "receipted": False,
    }
