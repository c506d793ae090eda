"""Full text search by two search engines (extra `bench`), over the same entries."""

from collections.abc import Iterable, Iterator, Mapping

import bm25s
import tantivy
from lookup.methods import MOST, Build, Find

from bot.curriculum.index import to_entries
from bot.curriculum.model import Course
from bot.curriculum.texts import WEIGHTS, stems
from bot.curriculum.words import content_words, folded

FIELDS = ("names", "asked", "says", "more")
HEAP = 15_000_000
"""Bytes in which tantivy collects before it writes; the least that it takes."""


def sparse_bm25(course: Course) -> Find:
    """bm25s knows no fields: a field that weighs three times as much stands three times. The stems are ours."""
    entries = to_entries(course)
    index = bm25s.BM25()
    index.index([stems(" ".join(_repeated(each.fields))) for each in entries], show_progress=False)

    def find(text: str) -> list[tuple[str, str]]:
        asked = [word for word in stems(text) if word in index.vocab_dict]
        if not asked:
            return []
        numbers, scores = index.retrieve([asked], k=min(MOST, len(entries)), show_progress=False)
        found = zip(numbers[0], scores[0], strict=True)
        return [(entries[number].kind, entries[number].id) for number, score in found if score > 0]

    return find


def tantivy_search(course: Course) -> Find:
    """In memory, with its English stemmer and a boost for each field."""
    entries = to_entries(course)
    builder = tantivy.SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="en_stem")
    builder.add_unsigned_field("number", stored=True, indexed=False)
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=HEAP, num_threads=1)
    for number, entry in enumerate(entries):
        texts = dict(zip(FIELDS, map(folded, entry.fields), strict=True))
        writer.add_document(tantivy.Document(number=number, **texts))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, boosts = index.searcher(), dict(zip(FIELDS, WEIGHTS, strict=True))

    def find(text: str) -> list[tuple[str, str]]:
        words = content_words(folded(text))
        if not words:
            return []
        query = index.parse_query(" ".join(f'"{word}"' for word in words), list(FIELDS), field_boosts=boosts)
        numbers = [searcher.doc(place)["number"][0] for _, place in searcher.search(query, MOST).hits]
        return [(entries[number].kind, entries[number].id) for number in numbers]

    return find


def _repeated(fields: Iterable[str]) -> Iterator[str]:
    for text, weight in zip(fields, WEIGHTS, strict=True):
        yield from [text] * int(weight)


ENGINES: Mapping[str, Build] = {"bm25s": sparse_bm25, "tantivy": tantivy_search}
