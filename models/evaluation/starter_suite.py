"""The starter suite: every figure of the model card, with exact search, on the product's own path.

Torch-free. `run_starter_suite` is what `lookalike eval starter` prints.
"""

from pathlib import Path

from models.bundle import open_bundle
from models.encoder import OnnxEncoder
from models.evaluation.baselines import Baselines
from models.evaluation.changes import MACRO, METHODS, changes_section
from models.evaluation.embeddings import EmbeddingStore
from models.evaluation.other_names import read_other_names
from models.evaluation.report import Floor, Report, Section
from models.evaluation.same_things import across_section, is_plain, pooled_section
from models.evaluation.words_to_pictures import words_section
from models.sources import read_clipart, read_emoji, read_stamps
from models.starter.split import read_split

SUPPLIERS = ("noto", "twemoji", "openmoji", "fluent-3d", "fluent-flat")


def run_starter_suite(bundle: Path, data: Path) -> Report:
    """Measure the bundle at `bundle` on the data sets in `data`; vectors are kept in `data/cache/embeddings`.

    Raises:
        SourceMissingError: a data set has not been fetched (`make data`).
    """
    opened = open_bundle(bundle)
    store = EmbeddingStore(OnnxEncoder(opened), data / "cache" / "embeddings")
    held_out = read_split()
    emoji = {name: read_emoji(data, name) for name in SUPPLIERS}
    plain = {name: [item for item in items if is_plain(item)] for name, items in emoji.items()}
    stamps, clipart = read_stamps(data), read_clipart(data)
    words = words_section(store, Baselines(opened), stamps, clipart, plain["noto"], held_out)
    across = across_section(store, plain, read_other_names(data), held_out)
    pooled = pooled_section(store, plain, held_out)
    changes = changes_section(store, emoji["noto"], held_out)
    manifest = opened.manifest
    sections = (words, across, pooled, changes)
    fingerprint = f"{manifest.image.fingerprint[:16]}/{manifest.text.fingerprint[:16]}"
    return Report(f"{manifest.name} {manifest.version}", fingerprint, sections, floors(*sections))


def floors(words: Section, across: Section, pooled: Section, changes: Section) -> tuple[Floor, ...]:
    """What the shipped starter must reach (docs/model_card.md)."""
    single = max(changes.cell(MACRO, f"{method} R@1") for method in ("picture", "text"))
    composed = max(changes.cell(MACRO, f"{method} R@1") for method in METHODS)
    return (
        Floor("Tux Paint en R@1", words.cell("Tux Paint en", "R@1"), 18.0),
        Floor("Tux Paint en R@10", words.cell("Tux Paint en", "R@10"), 45.0),
        *(
            Floor(f"Tux Paint {language} R@10", words.cell(f"Tux Paint {language}", "R@10"), 33.0)
            for language in ("de", "fr", "es", "ru", "zh")
        ),
        Floor("pooled P@1, by picture", pooled.cell("all concepts", "P@1"), 50.0),
        Floor("noto → twemoji R@1, both", across.cell("noto → twemoji", "both R@1"), 70.0),
        Floor("composed R@1 / better single modality", composed / max(single, 1e-9), 1.5),
    )
