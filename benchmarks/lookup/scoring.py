"""How well a method answers labelled queries."""

import statistics
from collections.abc import Iterable, Sequence

from lookup.methods import Find
from lookup.queries import KINDS, Query

Scores = dict[str, dict[str, float]]


def scored(find: Find, queries: Sequence[Query]) -> Scores:
    """Kind → share right at the first place and among three, mean reciprocal rank; of nonsense the share answered, of
    all, and of each sort beside it."""
    found: Scores = {}
    for kind in ("all", *KINDS):
        asked = [each for each in queries if kind in ("all", each.kind) and each.answers]
        ranks = [_rank(find(each.text), each) for each in asked]
        found[kind] = {
            "queries": len(asked),
            "top1": _mean(rank == 1 for rank in ranks),
            "top3": _mean(0 < rank <= 3 for rank in ranks),
            "mrr": _mean(1 / rank if rank else 0.0 for rank in ranks),
        }
    nonsense = {each: bool(find(each.text)) for each in queries if not each.answers}
    found["nonsense"] = _answered(list(nonsense.values()))
    for sort in dict.fromkeys(each.sort for each in nonsense):
        found[f"nonsense: {sort}"] = _answered([answered for each, answered in nonsense.items() if each.sort == sort])
    return found


def _rank(found: Sequence[tuple[str, str]], query: Query) -> int:
    return next((place for place, each in enumerate(found, 1) if each in query.answers), 0)


def _answered(answered: Sequence[bool]) -> dict[str, float]:
    return {"queries": len(answered), "answered": _mean(answered)}


def _mean(values: Iterable[float]) -> float:
    return round(statistics.fmean(values), 4)
