"""What the matrix tries each door of the desk with.

A new door needs a line here only when its path has an argument of a new name (`examples`), when it is a POST
(`FORMS`), or when it shows nothing without a query (`QUERIES`). The matrix fails, and says so, when a line is missing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from desk_stage import FIRST, LAST, Tenant


def examples(tenant: Tenant, who: str = "facilitator") -> dict[str, str]:
    """Argument of a path → one of the tenant's. who: asks; a learner may see themself alone, all others see the pal."""
    seen = "learner" if who == "learner" else "pal"
    return {
        "cohort": str(tenant.cohort),
        "member": str(tenant.people[seen]),
        "submission": str(tenant.answers[seen]),
        "message": str(tenant.message),
        "day": str(FIRST),
        "page": "index.html",  # of the reader
        "file": "nothing.csv",
        "form": "md",
        "number": "1",
    }


Form = Callable[[Tenant], Mapping[str, Any]]

FORMS: Mapping[str, Form] = {
    "/out": lambda _: {},
    "/out/everywhere": lambda _: {},
    "/c/{cohort}/answer/{submission}/feedback": lambda _: {"text": "Look again at the numbers.", "who": "writer"},
    "/c/{cohort}/answer/{submission}/praise": lambda _: {},
    "/c/{cohort}/member/{member}/excuse": lambda _: {"lesson": str(FIRST), "do": "excuse"},
    "/c/{cohort}/member/{member}/word": lambda _: {"text": "How are you?"},
    "/c/{cohort}/member/{member}/path": lambda _: {},
    "/c/{cohort}/calendar/change": lambda _: {"change": "skip", "lesson": str(LAST + 2)},
    "/c/{cohort}/calendar/address": lambda _: {"do": "open"},
    "/c/{cohort}/roster": lambda _: {"do": "apply", "text": "id,name\n112233445566778899,New"},
    "/c/{cohort}/roster/role": lambda tenant: {"member": str(tenant.people["pal"]), "role": "observer"},
    "/c/{cohort}/settings": lambda _: {"what": "silent", "silent_after": "5"},
    "/c/{cohort}/settings/archive": lambda _: {"do": "archive"},
    "/c/{cohort}/export": lambda _: {"what": "answers", "form": "csv"},
    "/c/{cohort}/export/portfolio": lambda tenant: {"member": str(tenant.people["pal"]), "form": "md"},
}
"""A POST's path → what its form holds, so that it succeeds; texts of less than 40 characters, since longer ones are
given back to their writers. What stands in it as an id of the tenant's is tried with another tenant's, too. A file is a
tuple: (name, bytes)."""

QUERIES: Mapping[str, Mapping[str, str]] = {
    "/c/{cohort}/search": {"q": "training"},
    "/c/{cohort}/calendar/change": {"change": "pause"},
}
"""A path → the query that makes it show something."""
