"""Which files an export can be, and what they are called."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.talk.exports.as_csv import csv_file
from bot.talk.exports.as_json import json_file
from bot.talk.exports.as_xlsx import xlsx_file
from bot.talk.exports.sheets import Export

NAME_LIMIT = 60


@dataclass(frozen=True)
class Form:
    """A kind of file. write: the export in pieces; a CSV file holds its last sheet, which says most."""

    ending: str
    content_type: str
    write: Callable[[Export], Iterator[bytes]]


FORMS: Mapping[str, Form] = {
    "csv": Form("csv", "text/csv; charset=utf-8", lambda export: csv_file(export.sheets[-1])),
    "xlsx": Form("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
    "json": Form("json", "application/json", json_file),
}


def file_name(cohort: str, what: str, ending: str) -> str:
    """ "autumn-cohort-answers.csv": letters and digits of any script, joined by hyphens; nothing that a file system or
    a shell takes for more than a name."""
    words = re.findall(r"\w+", cohort.casefold())
    name = "-".join(words)[:NAME_LIMIT].strip("-_") or "cohort"
    return f"{name}-{what}.{ending}"
