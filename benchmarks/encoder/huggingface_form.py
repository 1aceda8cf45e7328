"""CLIP weights of open_clip's layout as the folder of a transformers CLIPModel, in the form of transformers 4.

That form (`preprocessor_config.json`, no `processor_config.json`) is read by infinity-emb and by transformers 4
and 5. Owns the names of weights in both, and the check that both give the same vectors.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from torch import Tensor
from torch.nn.functional import cosine_similarity

from models.arrays import Pixels
from models.bundle import Bundle
from models.encoder import OnnxEncoder
from models.export.libraries import open_clip_library

_START, _END = "<|startoftext|>", "<|endoftext|>"
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_CONTEXT = 77
_IN_BLOCK = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_WHOLE = {
    "logit_scale": "logit_scale",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",  # transformers' own spelling
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
_TRANSPOSED = {"text_projection": "text_projection.weight", "visual.proj": "visual_projection.weight"}


def write_clip(weights: Mapping[str, Tensor], model: Any, folder: Path) -> None:
    """`weights` of open_clip's `model`, a CLIP with a ViT, into `folder`."""
    folder.mkdir(parents=True)
    named = {name: value.to(torch.float32).contiguous() for name, value in _renamed(weights).items()}
    save_file(named, folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "config.json", _config(named, model))
    _write_json(folder / "preprocessor_config.json", _preprocessor(model.visual.preprocess_cfg))
    _write_tokenizer(folder)


@torch.inference_mode()
def least_cosines(folder: Path, bundle: Bundle, pixels: Pixels, texts: Sequence[str]) -> dict[str, float]:
    """Between what transformers makes of the folder and what serving makes of the bundle.

    The pictures have the size of the tower already: how each side shrinks a picture is not compared.
    """
    from transformers import AutoTokenizer, CLIPModel  # noqa: PLC0415 - after torchvision was mended

    clip, tokenize = CLIPModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    image = bundle.manifest.image
    inputs = (torch.from_numpy(pixels).float() - torch.tensor(image.mean)) / torch.tensor(image.std)
    tokens = tokenize(list(texts), padding=True, truncation=True, max_length=_CONTEXT, return_tensors="pt")
    # The towers and projections by name: what `get_image_features` returns depends on the version.
    theirs = {
        "image": clip.visual_projection(clip.vision_model(inputs.permute(0, 3, 1, 2))[1]),
        "text": clip.text_projection(clip.text_model(**tokens)[1]),
    }
    encoder = OnnxEncoder(bundle, threads=2)
    ours = {"image": encoder.encode_pixels(pixels), "text": encoder.encode_texts(texts).vectors}
    return {tower: float(cosine_similarity(theirs[tower], torch.from_numpy(ours[tower])).min()) for tower in ours}


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        if name in _WHOLE:
            found[_WHOLE[name]] = value
        elif name in _TRANSPOSED:
            found[_TRANSPOSED[name]] = value.T
        elif ".resblocks." in f".{name}":
            found |= _block(name, value)
    return found


def _block(name: str, value: Tensor) -> dict[str, Tensor]:
    """One weight of a transformer block; the joint projection of attention becomes three."""
    tower = "vision_model" if name.startswith("visual.") else "text_model"
    number, rest = name.partition("resblocks.")[2].split(".", 1)
    prefix = f"{tower}.encoder.layers.{number}"
    if rest.startswith("attn.in_proj_"):
        kind = rest.removeprefix("attn.in_proj_")
        return {
            f"{prefix}.self_attn.{part}_proj.{kind}": piece for part, piece in zip("qkv", value.chunk(3), strict=True)
        }
    part, kind = rest.rsplit(".", 1)
    return {f"{prefix}.{_IN_BLOCK[part]}.{kind}": value}


def _config(weights: Mapping[str, Tensor], model: Any) -> dict[str, object]:
    activation = "quick_gelu" if type(model.transformer.resblocks[0].mlp.gelu).__name__ == "QuickGELU" else "gelu"
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "torch_dtype": "float32",
        "projection_dim": len(weights["visual_projection.weight"]),
        "logit_scale_init_value": 2.6592,
        "text_config": {
            **_tower_config(model.transformer, activation, "clip_text_model"),
            "vocab_size": len(weights["text_model.embeddings.token_embedding.weight"]),
            "max_position_embeddings": _CONTEXT,
            "bos_token_id": 49406,
            "eos_token_id": 49407,
            "pad_token_id": 49407,
            "projection_dim": len(weights["text_projection.weight"]),
        },
        "vision_config": {
            **_tower_config(model.visual.transformer, activation, "clip_vision_model"),
            "image_size": model.visual.image_size[0],
            "patch_size": model.visual.conv1.kernel_size[0],
            "projection_dim": len(weights["visual_projection.weight"]),
        },
    }


def _tower_config(transformer: Any, activation: str, kind: str) -> dict[str, object]:
    block = transformer.resblocks[0]
    return {
        "model_type": kind,
        "hidden_size": transformer.width,
        "intermediate_size": block.mlp.c_fc.out_features,
        "num_attention_heads": block.attn.num_heads,
        "num_hidden_layers": len(transformer.resblocks),
        "hidden_act": activation,
        "layer_norm_eps": block.ln_1.eps,
    }


def _preprocessor(pictures: Mapping[str, Any]) -> dict[str, object]:
    size = int(np.atleast_1d(pictures["size"])[0])
    return {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": size},
        "resample": 3,  # bicubic
        "do_center_crop": True,
        "crop_size": {"height": size, "width": size},
        "do_convert_rgb": True,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(pictures["mean"]),
        "image_std": list(pictures["std"]),
    }


def _write_tokenizer(folder: Path) -> None:
    """open_clip's words and merges under the names that OpenAI's repository has for its marks."""
    source = open_clip_library().get_tokenizer("ViT-B-32")
    marks = {"<start_of_text>": _START, "<end_of_text>": _END}
    vocabulary = {marks.get(word, word): number for word, number in source.encoder.items()}
    merges = sorted(source.bpe_ranks, key=source.bpe_ranks.get)
    _write_json(folder / "vocab.json", vocabulary)
    lines = ("#version: 0.2", *(" ".join(pair) for pair in merges))
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _fast_tokenizer(vocabulary, merges).save(str(folder / "tokenizer.json"))
    special = {"bos_token": _START, "eos_token": _END, "unk_token": _END, "pad_token": _END}
    _write_json(folder / "special_tokens_map.json", special)
    config = {**special, "tokenizer_class": "CLIPTokenizer", "model_max_length": _CONTEXT, "do_lower_case": True}
    _write_json(folder / "tokenizer_config.json", config)


def _fast_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(
        BPE(vocab=vocabulary, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>", unk_token=_END)
    )
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), spaces, normalizers.Lowercase()])
    words = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.add_special_tokens([_START, _END])
    ends = (_END, vocabulary[_END]), (_START, vocabulary[_START])
    tokenizer.post_processor = processors.RobertaProcessing(*ends, trim_offsets=False, add_prefix_space=False)
    return tokenizer


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
