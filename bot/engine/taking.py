"""What forms bring. Its text comes back to its writer in whatever way keeping it fails."""

import logging
import secrets
from base64 import b32encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer, Person
from bot.chat.post import Form, Post, Rejected
from bot.cohorts.receipts import mark_receipted
from bot.cohorts.submissions import record_form
from bot.curriculum.model import Course
from bot.engine.shop import Shop
from bot.talk import setting_up
from bot.talk.feedback import given, not_given_post
from bot.talk.filing import filed, not_filed_post
from bot.talk.nudges import not_sent_post, sent
from bot.talk.receipts import NOT_SAVED, blank_form, form_receipt_post, not_kept_post, prompt_unknown_post

log = logging.getLogger(__name__)

MOST_DRAFTS = 1_000


@dataclass(frozen=True)
class Kind:
    """What is done with one kind of form. field: the one that holds what was written or chosen. keep: in one
    transaction, and what its writer is told. lost: what they are told when that failed, from what the field holds and
    from what follows the action's name. written: the field holds words that are nowhere else yet."""

    field: str
    keep: Callable[[Session, Course, FormAnswer, datetime], Post | Rejected]
    lost: Callable[[str, str], Post]
    written: bool = True


class Taker:
    """Takes the forms of one platform. Holds only what may be lost: drafts that could not be saved."""

    def __init__(self, shop: Shop, put_aside: Callable[[FormAnswer, Exception], Awaitable[None]]) -> None:
        """put_aside: is told of a form that could not be kept, and never raises."""
        self._shop, self._put_aside = shop, put_aside
        self._drafts: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def take(self, form: FormAnswer) -> Post | Rejected:
        """Keep what a form brought. Never raises."""
        name, _, about = form.action.partition(":")
        kind = KINDS.get(name, KINDS["write"])
        text = form.values.get(kind.field, "")
        draft = (form.person.ref, form.action)
        try:
            said = await self._shop.database.run(kind.keep, self._shop.shelf.course, form, self._shop.clock())
        except Exception as error:
            if kind.written:
                await self._put_aside(form, error)
                self._remember(draft, text)
            else:
                log.error("form platform=%s outcome=not-done error=%s", form.platform, type(error).__name__)
            return Rejected(((kind.field, NOT_SAVED),), kind.lost(text, about))
        if not isinstance(said, Rejected):
            self._drafts.pop(draft, None)
        return said

    def with_draft(self, person: Person, form: Form) -> Form:
        """A form on its way to somebody, with what of theirs could not be saved from it the last time."""
        draft = self._drafts.get((person.ref, form.action))
        if draft is None:
            return form
        first, *others = form.fields
        return replace(form, fields=(replace(first, value=draft[: first.max_length]), *others))

    def _remember(self, draft: tuple[str, str], text: str) -> None:
        if text.strip():
            self._drafts[draft] = text
        while len(self._drafts) > MOST_DRAFTS:
            self._drafts.popitem(last=False)


def _keep_answer(session: Session, course: Course, form: FormAnswer, now: datetime) -> Post | Rejected:
    key, text = form.action.removeprefix("write:"), form.values.get("answer", "")
    if not text.strip():
        return blank_form("answer", text, key)
    receipt = record_form(session, form, key, text, now)
    if receipt is None:
        return prompt_unknown_post(text)
    mark_receipted(session, form.platform, [receipt.submission])  # what follows the form tells them
    return form_receipt_post(course, receipt, key)


def _keep_feedback(session: Session, course: Course, form: FormAnswer, now: datetime) -> Post | Rejected:
    return given(session, course, form, _new_key(), now)


def _keep_nudge(session: Session, course: Course, form: FormAnswer, now: datetime) -> Post | Rejected:
    return sent(session, course, form, _new_key(), now)


def _new_key() -> str:
    return b32encode(secrets.token_bytes(15)).decode().lower()


KINDS: Mapping[str, Kind] = {
    "write": Kind("answer", _keep_answer, not_kept_post),
    "file": Kind("prompt", filed, not_filed_post, written=False),
    "setup": Kind("name", setting_up.filled, setting_up.not_read_post, written=False),
    "feedback": Kind("text", _keep_feedback, not_given_post),
    "nudge": Kind("text", _keep_nudge, not_sent_post),
}
"""By the name of a form's action; a form of any other name is an answer to a prompt that is not known."""
