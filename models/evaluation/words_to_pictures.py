"""Text to picture retrieval on sources and concepts that no training saw, beside chance, ConSE and captions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.baselines import Baselines
from models.evaluation.embeddings import EmbeddingStore
from models.evaluation.metrics import Ranks, chance_at, first_ranks, recall_at
from models.evaluation.report import Cell, Section
from models.sources import SourceItem
from models.starter.split import is_unseen

LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "ar", "zh", "ja", "ko", "th")
COLUMNS = (
    *("queries", "R@1", "R@5", "R@10", "chance R@1", "chance R@10"),
    *("ConSE R@1", "ConSE R@10", "captions R@1", "captions R@10"),
)


@dataclass(frozen=True)
class WordsTask:
    """Texts that ask for pictures; row i of `queries` asks for item i (or one of the same title)."""

    name: str
    items: Sequence[SourceItem]
    queries: Sequence[str]
    captions: Sequence[str] | None = None
    """Another text of each item, where there is one: what a search without pictures would read."""


def words_section(
    store: EmbeddingStore,
    baselines: Baselines,
    stamps: Sequence[SourceItem],
    clipart: Sequence[SourceItem],
    emoji: Sequence[SourceItem],
    held_out: frozenset[str],
) -> Section:
    """Tux Paint in every language, then the unseen concepts of each source, then pictures to words."""
    tasks = [stamp_task(stamps, "en"), *(stamp_task(stamps, language) for language in LANGUAGES)]
    unseen = {
        "Tux Paint, unseen concepts": [item for item in stamps if is_unseen(item.title.rstrip(".!"), held_out)],
        "openclipart, unseen concepts": [item for item in clipart if is_unseen(item.title, held_out)],
        "emoji (Noto), unseen concepts": [item for item in emoji if is_unseen(item.title, held_out)],
    }
    tasks += [unseen_task(name, items) for name, items in unseen.items()]
    rows = [(task.name, measure(task, store, baselines)) for task in tasks]
    return Section("Words to pictures", COLUMNS, (*rows, _backwards(tasks[0], store)))


def stamp_task(stamps: Sequence[SourceItem], language: str) -> WordsTask:
    """Tux Paint sentences; in other languages the English sentence is the caption."""
    items = [item for item in stamps if language in item.texts]
    captions = None if language == "en" else [item.title for item in items]
    return WordsTask(f"Tux Paint {language}", items, [item.texts[language] for item in items], captions)


def unseen_task(name: str, items: Sequence[SourceItem]) -> WordsTask:
    """Titles ask; the keywords are the captions."""
    captions = [", ".join(item.keywords) or "-" for item in items]
    has_keywords = any(item.keywords for item in items)
    return WordsTask(name, items, [item.title for item in items], captions if has_keywords else None)


def measure(task: WordsTask, store: EmbeddingStore, baselines: Baselines) -> tuple[Cell, ...]:
    """The cells of one row, in the order of COLUMNS."""
    relevant = same_titles(task.items)
    pictures = [item.picture for item in task.items]
    ranks = first_ranks(store.texts(task.queries) @ store.pictures(pictures).T, relevant)
    chance = [100 * chance_at(k, relevant) for k in (1, 10)]
    return (len(ranks), *_percent(ranks, 1, 5, 10), *chance, *_beside(task, baselines, relevant))


def same_titles(items: Sequence[SourceItem]) -> NDArray[np.bool_]:
    """Items of one title are the same answer. bool [n, n]."""
    titles = np.array([item.title.lower() for item in items])
    same: NDArray[np.bool_] = titles[:, None] == titles[None, :]
    return same


def _beside(task: WordsTask, baselines: Baselines, relevant: NDArray[np.bool_]) -> tuple[Cell, ...]:
    if not baselines.is_available:
        return (None,) * 4
    queries = baselines.sentences(task.queries)
    conse = first_ranks(queries @ baselines.conse([item.picture for item in task.items]).T, relevant)
    if task.captions is None:
        return (*_percent(conse, 1, 10), None, None)
    captions = first_ranks(queries @ baselines.sentences(task.captions).T, relevant)
    return (*_percent(conse, 1, 10), *_percent(captions, 1, 10))


def _backwards(task: WordsTask, store: EmbeddingStore) -> tuple[str, tuple[Cell, ...]]:
    relevant = same_titles(task.items)
    scores = store.pictures([item.picture for item in task.items]) @ store.texts(task.queries).T
    ranks = first_ranks(scores, relevant)
    chance = [100 * chance_at(k, relevant) for k in (1, 10)]
    return f"{task.name}, pictures to words", (len(ranks), *_percent(ranks, 1, 5, 10), *chance, *((None,) * 4))


def _percent(ranks: Ranks, *at: int) -> tuple[float, ...]:
    return tuple(100 * recall_at(ranks, k) for k in at)
