"""A cohort whose first lesson is out."""

import pytest
from made_cohorts import at, learner, opened, prompt_messages, release

from bot.store.database import Database
from bot.store.tables import Cohort, Message


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """Lesson 1 is out with its prompts "claim" and "doubt", and Ada learns."""
    cohort = opened(database)
    learner(database, cohort, "ada", at(-1, 21))
    release(database, at(0))
    return cohort


@pytest.fixture
def claim(database: Database, cohort: Cohort) -> Message:
    return prompt_messages(database, cohort, 1)["claim"]


@pytest.fixture
def doubt(database: Database, cohort: Cohort) -> Message:
    return prompt_messages(database, cohort, 1)["doubt"]
