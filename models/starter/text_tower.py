"""The sentence encoder in torch: deep averaging over words and their 2-, 3- and 5-grams.

Owns the forward pass only. Written to be exported: every shape is dynamic in batch and length,
padding is masked, and the parameters keep the names of `sentence_weights`.
"""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from models.starter.sentence_weights import CHUNKS, NGRAMS, Tensors

_WIDTH = 256


class SentenceEncoder(nn.Module):
    """Token ids int64 [n, t] and mask int64 [n, t] (1 = token, 0 = padding) to float32 [n, 512], unit length."""

    table: Tensor
    scale: Tensor
    low: Tensor
    project_weight: Tensor
    project_bias: Tensor
    branch_gain: Tensor
    branch_bias: Tensor
    norm_gain: Tensor
    norm_bias: Tensor
    pool_weight: Tensor
    pool_bias: Tensor
    d0: Tensor
    d1: Tensor
    d2: Tensor
    d3: Tensor
    p1: Tensor
    p3: Tensor

    def __init__(self, tensors: Tensors, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        for name, tensor in tensors.items():
            self.register_buffer(name, torch.from_numpy(tensor))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = attention_mask.to(torch.float32).unsqueeze(-1)  # [n, t, 1]
        words = self._look_up(input_ids)  # [n, t, 512]
        features = torch.cat([words, self._ngrams(words, mask)], dim=-1)  # [n, t, 1280]
        features = functional.layer_norm(features, (features.shape[-1],), self.norm_gain, self.norm_bias, self.epsilon)
        length = mask.sum(dim=1)  # [n, 1]
        pooled = (features * mask).sum(dim=1) @ self.pool_weight + length * self.pool_bias  # [n, 512]
        return functional.normalize(self._dense(pooled / length.sqrt()), dim=-1)

    def _look_up(self, input_ids: Tensor) -> Tensor:
        chunk = input_ids % CHUNKS
        rows = self.table.index_select(0, input_ids.flatten())  # `embedding` is the name of the graph's output
        codes = rows.reshape(*input_ids.shape, -1).to(torch.float32)
        return codes * self.scale[chunk].unsqueeze(-1) + self.low[chunk].unsqueeze(-1)

    def _ngrams(self, words: Tensor, mask: Tensor) -> Tensor:
        """The three branches side by side, [n, t, 768]; one layer norm runs over all of them together."""
        branches = words @ self.project_weight + self.project_bias
        shape = (branches.shape[-1],)
        branches = functional.layer_norm(branches, shape, self.branch_gain, self.branch_bias, self.epsilon) * mask
        parts = torch.split(branches, _WIDTH, dim=-1)
        grams = [self._branch(part, mask, *ngram) for part, ngram in zip(parts, NGRAMS, strict=True)]
        return torch.cat(grams, dim=-1)

    def _branch(self, x: Tensor, mask: Tensor, order: int, left: int) -> Tensor:
        hidden = (self._convolve(x, 1, order, left) + x) * mask
        return self._convolve(hidden, 2, order, left) + hidden

    def _convolve(self, x: Tensor, layer: int, order: int, left: int) -> Tensor:
        """Convolution over positions with zeros beyond the sentence, then ReLU. [n, t, 256] to the same."""
        padded = functional.pad(x.transpose(1, 2), (left, order - 1 - left))
        weight, bias = self._of(f"conv{layer}_weight", order), self._of(f"conv{layer}_bias", order)
        return functional.conv1d(padded, weight, bias).relu().transpose(1, 2)

    def _dense(self, x: Tensor) -> Tensor:
        first = (x @ self.d0).relu()
        second = (x @ self.p1 + first @ self.d1).relu()
        third = (second @ self.d2).relu()
        return (second @ self.p3 + third @ self.d3).tanh()

    def _of(self, name: str, order: int) -> Tensor:
        tensor: Tensor = getattr(self, f"{name}_{order}")
        return tensor


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask, int64 [n, t], padded with 0 to the longest text."""
    ids = [tokenizer.encode(text).ids for text in texts]
    longest = max(map(len, ids))
    padded = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    return padded, mask


def embed_texts(encoder: SentenceEncoder, tokenizer: Tokenizer, texts: Sequence[str], batch: int = 256) -> Tensor:
    """float32 [n, 512] for many texts, the longest ones together so that little padding is computed."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    result = torch.empty(len(texts), 512)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            result[rows] = encoder(*tokenize(tokenizer, [texts[row] for row in rows]))
    return result
