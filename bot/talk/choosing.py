"""A facilitator's choice for a running cohort, made in chat: set, and written down."""

from dataclasses import replace
from typing import Any

from bot.cohorts.cohorts import known_member
from bot.cohorts.settings import change_settings, settings_of
from bot.store.tables import Cohort
from bot.talk.asking import Asking


def choose(asking: Asking, cohort: Cohort, **chosen: Any) -> None:
    """chosen: fields of `cohorts.settings.Settings` and what they become."""
    command = asking.command
    by = known_member(asking.session, cohort.platform, cohort.workspace, command.person)
    change_settings(asking.session, cohort, replace(settings_of(cohort), **chosen), by, asking.now)
