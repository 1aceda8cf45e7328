"""Small models of the real classes, in open_clip's folder layout: quick to trace, alive in all their parts."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from benchmarks.encoder.lively import noise, save_lively
from models.export.libraries import open_clip_library
from models.export.token_check import corpus

SIZE, DIMENSION = 32, 24
_VISION = {"image_size": SIZE, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8}
_SIGLIP_VISION = {**_VISION, "no_ln_pre": True, "pool_type": "avg"}
CLIP_PICTURES = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "interpolation": "bicubic"}
SIGLIP_PICTURES = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear", "resize_mode": "squash"}


def causal(folder: Path) -> Path:
    """CLIP's own design: causal text, byte pairs, result at the end mark."""
    text = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1}
    return write_source(folder, {"embed_dim": DIMENSION, "vision_cfg": _VISION, "text_cfg": text}, CLIP_PICTURES)


def bidirectional(folder: Path) -> Path:
    """SigLIP's: every token sees every other, padding too, and the result is read at the last place."""
    words = sentence_pieces(folder, "</s>", pad="</s>")
    text = {
        "context_length": 16,
        "vocab_size": words,
        "hf_tokenizer_name": str(folder),
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "width": 64,
        "heads": 2,
        "layers": 1,
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
    }
    config = {"embed_dim": DIMENSION, "init_logit_bias": -10, "custom_text": True, "vision_cfg": _SIGLIP_VISION}
    return write_source(folder, {**config, "text_cfg": text}, SIGLIP_PICTURES)


def masked(folder: Path) -> Path:
    """XLM-R behind open_clip's adapter: padding is masked in attention and pooling."""
    from transformers import XLMRobertaConfig

    words = sentence_pieces(folder, "<s> $A </s>", pad="<pad>")
    XLMRobertaConfig(
        vocab_size=words,
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=100,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    ).save_pretrained(folder)
    text = {"hf_model_name": str(folder), "hf_tokenizer_name": str(folder), "hf_pooler_type": "mean_pooler"}
    text |= {"hf_proj_type": "linear"}
    return write_source(folder, {"embed_dim": DIMENSION, "vision_cfg": _VISION, "text_cfg": text}, CLIP_PICTURES)


def write_source(folder: Path, config: dict[str, Any], pictures: dict[str, Any], size: int = SIZE) -> Path:
    """A folder in open_clip's layout: configuration and lively weights."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model_cfg": config, "preprocess_cfg": {"size": [size, size], "mode": "RGB", **pictures}}
    (folder / "open_clip_config.json").write_text(json.dumps(content))
    model = open_clip_library().create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    save_lively(model, model.visual, noise(size), folder / "open_clip_model.safetensors")
    return folder


def sentence_pieces(folder: Path, marks: str, pad: str) -> int:
    """A unigram tokenizer in transformers' layout, trained on the corpus; the size of its vocabulary."""
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=1500, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    pattern = marks if "$A" in marks else f"$A {marks}"
    known = [(mark, tokenizer.token_to_id(mark)) for mark in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single=pattern, special_tokens=known)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token=pad
    )
    fast.save_pretrained(folder)
    return int(tokenizer.get_vocab_size())
