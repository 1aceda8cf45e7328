"""`python -m models.starter`: makes the starter bundle from packages and data. Reads from top to bottom.

Needs the extra `train` and the folder `data/` that `make data` fills. Seeds are fixed; frozen features are
kept in `data/cache`. Writes `models/starter/bundle/` and `models/starter/split.json`.
"""

import logging
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from models.arrays import Vectors
from models.manifest import Manifest
from models.pictures import decode_pixels
from models.sources import SourceItem, read_clipart, read_emoji, wordnet_nouns
from models.starter import fitting, publish, tuning
from models.starter.assemble import COMMITTED, assemble
from models.starter.batches import BatchSource
from models.starter.features import PREPROCESSING, FeatureCache, FeatureSession, FrozenPictures
from models.starter.head import start_head, train_head
from models.starter.image_tower import FrozenTower, load_backbone, package_weights
from models.starter.imagenet import read_classes
from models.starter.pairs import training_examples
from models.starter.prototypes import fit_prototypes
from models.starter.recipe import Recipe
from models.starter.sentence_weights import EPSILON, package_file, read_tensors
from models.starter.space import unit
from models.starter.split import draw, is_unseen, write_split
from models.starter.text_tower import SentenceEncoder
from models.starter.tokenizer import convert
from models.starter.towers import ImageTower, PictureSpace, SentenceSpace, TextTower
from models.starter.validation import seen_triplets, supplier_pairs
from models.starter.vocabulary import build_vocabulary
from models.starter.wordnet import read_nouns

DATA = Path("data")
log = logging.getLogger("starter")


def main(recipe: Recipe, data: Path, out: Path) -> None:  # noqa: PLR0915 - one recipe, read from top to bottom
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)
    cache = FeatureCache(data / "cache" / "starter")

    # 1. Split concepts before anything else happens.
    emoji = {vendor: read_emoji(data, vendor) for vendor in recipe.emoji_vendors}
    clipart = read_clipart(data)
    sources = [clipart, *emoji.values()]
    held_out = draw(item.title for items in sources for item in items)
    write_split(held_out)
    examples = training_examples(sources, held_out, recipe.foreign_names_weight)
    log.info("%d held-out nouns, %d training pictures", len(held_out), len(examples))

    # 2. Small sets for the choices at the end: seen concepts to tune on, unseen ones to calibrate on.
    noto, twemoji = emoji["noto"], emoji["twemoji"]
    triplets = seen_triplets(noto, held_out, each_kind=60)
    seen = supplier_pairs(noto, twemoji, held_out, unseen=False, at_most=500)
    unseen = supplier_pairs(noto, twemoji, held_out, unseen=True, at_most=500)
    unseen_clipart = [item for item in clipart if is_unseen(item.title, held_out)]

    # 3. Frozen features of every picture, and sentence vectors of every text, that is needed below.
    backbone = load_backbone(recipe.backbone, package_weights(recipe.backbone))
    frozen_tower = FrozenTower(backbone).eval()
    paired = [item for pair in (*seen, *unseen) for item in pair]
    needed = [*(example.item for example in examples), *noto, *paired, *unseen_clipart]
    pictures = FrozenPictures(cache, FeatureSession(frozen_tower), needed)

    tensors = read_tensors(package_file("weights.npz"))
    tokenizer = Tokenizer.from_buffer(convert(package_file("sp.model")))
    sentence_encoder = SentenceEncoder(tensors, EPSILON).eval()
    classes = read_classes()
    nouns = read_nouns(wordnet_nouns(data))
    vocabulary = build_vocabulary([c.key for c in classes], [c.names for c in classes], nouns)
    class_texts = [c.texts for c in classes]
    groups = (*(example.texts for example in examples), *class_texts, *vocabulary.texts)
    texts = sorted({text for group in groups for text in group})
    sentences = dict(zip(texts, cache.texts(sentence_encoder, tokenizer, texts), strict=True))
    log.info("%d pictures, %d texts, %d vocabulary nodes", len(pictures), len(texts), len(vocabulary.keys))

    # 4. Vocabulary part: no training, only means.
    trained = pictures.of(example.item for example in examples)
    titles = torch.stack([sentences[example.texts[0]] for example in examples])  # [n, 512]
    picture_words = fitting.fit_picture_words(vocabulary, trained.logits)
    nodes = fitting.node_vectors(vocabulary.texts, sentences)  # [v, 512]
    sentence_words = fitting.fit_sentence_words(vocabulary, nodes, titles)

    # 5. Head: ridge regression, then InfoNCE over pictures and ImageNet prototypes.
    inputs = trained.features  # [n, 1280]
    standardise = fitting.fit_standardise(inputs)
    prototypes = fit_prototypes(inputs, backbone.network._fc.weight, backbone.network._fc.bias)
    means_of = [
        torch.stack([sentences[text] for text in group]).mean(dim=0) for group in groups[: len(examples) + 1000]
    ]
    starts = standardise(torch.cat([inputs, prototypes.means]))
    head = start_head(starts, torch.stack(means_of), recipe.ridge, recipe.head.first_scale)
    batches = BatchSource(
        inputs,
        [example.concept for example in examples],
        [example.texts for example in examples],
        class_texts,
        sentences,
        prototypes,
        standardise,
        recipe.seed,
    )
    train_head(
        head,
        lambda: batches.draw(recipe.batch_size, recipe.prototype_share, recipe.prototype_spread),
        recipe.head,
        lambda step, loss: log.info("step %d: loss %.3f", step, loss) if step % 50 == 49 else None,
    )

    # 6. Visual part and layout: one vector for everything.
    certain = fitting.CERTAIN * torch.eye(len(classes))  # logits of a picture of exactly one class
    heads = torch.cat([unit(head.pictures(standardise(prototypes.means))), unit(head.sentences(nodes))])
    words = torch.cat([picture_words(certain), sentence_words(nodes)])  # [1000 + v, v]
    aligned = fitting.fit_aligned(heads, words, recipe.words_weight, recipe.aligned_width)
    visual = fitting.fit_visual(trained.features, trained.thumbnail, recipe.thumbnail_weight, recipe.visual_width)
    picture_space = PictureSpace(standardise, head.pictures, picture_words, aligned, visual).eval()
    sentence_space = SentenceSpace(head.sentences, sentence_words, aligned, recipe.visual_width).eval()

    def see(items: Iterable[SourceItem]) -> Vectors:
        with torch.inference_mode():
            return np.asarray(picture_space(pictures.of(items)), dtype=np.float32)

    def read(wanted: Sequence[str]) -> Vectors:
        with torch.inference_mode():
            return np.asarray(sentence_space(cache.texts(sentence_encoder, tokenizer, wanted)), dtype=np.float32)

    # 7. Choices on seen concepts: visual share, composition, product weight.
    precision = {}
    for picture_space.visual_share in recipe.visual_shares:
        precision[picture_space.visual_share] = tuning.cross_precision(*(see(side) for side in zip(*seen, strict=True)))
    picture_space.visual_share = max(precision, key=lambda share: precision[share])
    log.info("visual share: %s", {share: round(value, 3) for share, value in precision.items()})
    image_mean = see(example.item for example in examples).mean(axis=0)
    text_mean = read([example.texts[0] for example in examples]).mean(axis=0)

    gallery = see(noto)
    references = [noto[triplet.reference] for triplet in triplets]
    changed = (
        tuning.centred(see(references), image_mean),
        tuning.centred(read([item.title for item in references]), text_mean),
        tuning.centred(read([triplet.modification for triplet in triplets]), text_mean),
        tuning.centred(read([f"{noto[t.reference].title}, {t.modification}" for t in triplets]), text_mean),
    )
    composition = tuning.tune_composition(*changed, triplets, gallery)

    def sides(pairs: Sequence[tuple[SourceItem, SourceItem]]) -> list[tuple[Vectors, Vectors]]:
        left, right = zip(*pairs, strict=True)
        captions = ([item.title for item in left], [", ".join(item.keywords) for item in right])
        return [
            (tuning.centred(see(items), image_mean), tuning.centred(read(texts), text_mean))
            for items, texts in zip((left, right), captions, strict=True)
        ]

    product_weight = tuning.tune_product_weight(*sides(seen))
    log.info("composition %s, product image weight %s", composition, product_weight)

    # 8. Calibration on held-out pairs, one curve a kind of pair.
    left, right = zip(*unseen, strict=True)
    asked = [*left, *unseen_clipart]
    products = [tuning.products(*side, product_weight) for side in sides(unseen)]
    left_titles = [item.title for item in left]
    composed = tuning.composed(changed[0], changed[1], changed[3], composition)
    targets = [noto[triplet.target] for triplet in triplets]
    target_titles = [item.title for item in targets]
    target_words = tuning.centred(read(target_titles), text_mean)
    target_products = tuning.products(tuning.centred(see(targets), image_mean), target_words, product_weight)
    calibration = (
        tuning.calibrate({"text_image": (read([it.title for it in asked]), see(asked))}, [it.title for it in asked])
        | tuning.calibrate(
            {
                "image_image": (see(left), see(right)),
                "product_product": (products[0], products[1]),
                "text_product": (tuning.centred(read(left_titles), text_mean), products[1]),
                "image_product": (tuning.centred(see(left), image_mean), products[1]),
            },
            left_titles,
        )
        | tuning.calibrate(
            {"composed_image": (composed, see(targets)), "composed_product": (composed, target_products)}, target_titles
        )
    )
    log.info("calibration %s", calibration)

    # 9. Export, manifest, parity of the assembled bundle against torch.
    image_tower = ImageTower(frozen_tower, picture_space).eval()
    text_tower = TextTower(sentence_encoder, sentence_space).eval()
    out.mkdir(parents=True, exist_ok=True)
    publish.write_graphs(image_tower, text_tower, tensors, tokenizer, out)
    files = publish.checksums(out, tensors)
    manifest = Manifest(
        name="starter",
        version=recipe.version,
        description="A small multilingual image-text model for trying Lookalike out; see docs/model_card.md.",
        licence="Apache-2.0",
        licences=publish.licences(),
        space_id=f"starter-{recipe.version}",
        dimension=recipe.aligned_width + recipe.visual_width,
        precision="fp32",
        image=publish.image_part(files),
        text=publish.text_part(files, recipe.context_length),
        logit_scale=float(head.log_scale.exp()),
        image_mean=tuple(image_mean.tolist()),
        text_mean=tuple(text_mean.tolist()),
        calibration=calibration,
        composition=composition,
        product_image_weight=product_weight,
        prompts=("{}", "a photo of a {}", "a drawing of a {}"),
        files=files,
    )
    publish.finish(manifest, out, {})
    sample = [item.picture for item in noto[::20]][:200]
    pixels = np.stack([decode_pixels(path.read_bytes(), PREPROCESSING) for path in sample])
    with tempfile.TemporaryDirectory() as room:
        assembled = assemble(Path(room) / "starter", out)
        parity = publish.measure_parity(image_tower, text_tower, tokenizer, pixels, texts[::97], assembled)
    publish.finish(manifest, out, parity)
    log.info("parity %s, written to %s", parity, out)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s")
    log.setLevel(logging.INFO)
    main(Recipe(), DATA, COMMITTED)
