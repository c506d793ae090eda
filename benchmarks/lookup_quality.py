"""How well look-ups find what was meant, on the held-out half of the labelled queries, beside each single method.

The other half was used to choose the weights and thresholds (`lookup/fitting.py`), and this one never. Nonsense is told
for the first set, on which the aim was set, and for all sorts together: the later ones were written to be harder.

python benchmarks/lookup_quality.py [--runs 5] [--quick]
"""

from collections.abc import Mapping, Sequence

from lookup.engines import ENGINES
from lookup.methods import SINGLE, Build, homeroom
from lookup.queries import KINDS, Query, labelled
from lookup.scoring import Scores, scored
from lookup.timing import took
from measuring import WIDTH, Row, arguments, bar, percentile, repeated, row, tell
from rich.console import Console
from rich.table import Table

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course

OURS, FIRST = "homeroom", "nonsense: everyday"
METHODS: Mapping[str, Build] = {OURS: homeroom, **SINGLE, **ENGINES}


def main() -> None:
    asked = arguments(__doc__, runs=5).parse_args()
    course = load_course(HOME / "curriculum")
    queries = [each for each in labelled(course) if each.held_out]
    with bar() as progress:
        found = {
            name: scored(build(course), queries)
            for name, build in progress.track(list(METHODS.items()), description="finding")
        }
    _show(found)
    timed = queries[::4] if asked.quick else queries
    times = repeated("timing", 1 if asked.quick else asked.runs, lambda: _timed(course, timed))
    title = f"Look-ups: {len(queries)} held-out queries of {len(labelled(course))}"
    tell("lookup_quality", title, [*_rows(found), *_time_rows(times)], methods=found)


def _rows(found: Mapping[str, Scores]) -> list[Row]:
    """Ours beside the best of the others for the same figure."""
    best_of = {
        kind: max((name for name in found if name != OURS), key=lambda name: found[name][kind]["top3"])
        for kind in ("all", "paraphrase")
    }
    aims = (("all", "top1", 0.92), ("all", "top3", 0.98), ("paraphrase", "top3", 0.9))
    right = [
        row(
            f"{kind}: right {'first' if place == 'top1' else 'among three'}",
            "of 1",
            [found[OURS][kind][place]],
            best_of[kind],
            [found[best_of[kind]][kind][place]],
            at_least=aim,
        )
        for kind, place, aim in aims
    ]
    nonsense = [
        row(f"{kind}, answered", "of 1", [found[OURS][kind]["answered"]], "fts5", [its["answered"]], at_most=0.05)
        for kind, its in found["fts5"].items()
        if kind in (FIRST, "nonsense")
    ]
    return [*right, *nonsense]


def _timed(course: Course, queries: Sequence[Query]) -> dict[str, float]:
    """Milliseconds of one run: building, and a look-up at the middle and at the slow end; the same of rapidfuzz."""
    build, _ = took(homeroom, course)
    times = {"build": build}
    for name in (OURS, "rapidfuzz"):
        find = METHODS[name](course)
        each = [took(find, query.text)[0] for query in queries]
        times |= {f"{name} p50": percentile(each, 0.5), f"{name} p99": percentile(each, 0.99)}
    return times


def _time_rows(times: Sequence[Mapping[str, float]]) -> list[Row]:
    return [
        row("building the index", "ms", [each["build"] for each in times], at_most=500),
        *(
            row(
                f"one look-up, {share}",
                "ms",
                [each[f"{OURS} {share}"] for each in times],
                "rapidfuzz",
                [each[f"rapidfuzz {share}"] for each in times],
                at_most=aim,
            )
            for share, aim in (("p50", 1), ("p99", 3))
        ),
    ]


def _show(found: Mapping[str, Scores]) -> None:
    """Each method by kind: the share right first, and among three; of nonsense the share answered."""
    table = Table("right first / among three", *found, title="By kind of query", title_justify="left")
    for kind in ("all", *KINDS):
        table.add_row(kind, *(f"{its[kind]['top1']:.3f} / {its[kind]['top3']:.3f}" for its in found.values()))
    table.add_row("mean reciprocal rank", *(f"{its['all']['mrr']:.3f}" for its in found.values()))
    for kind in (each for each in found[OURS] if each.startswith("nonsense")):
        table.add_row(f"{kind}, answered", *(f"{its[kind]['answered']:.3f}" for its in found.values()))
    Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main()
