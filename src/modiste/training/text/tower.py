"""The text tower: pieces of words in, a vector of the pictures' space out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modiste.bundle import PieceSpec
from modiste.runtime.word_pieces import number_words
from modiste.training.text.recipe import TowerRecipe

__all__ = ["TextTower", "read_words"]

_FAR = -1e4  # a logit that leaves no weight
_SPREAD = 0.3  # of the pieces' first vectors


class TextTower(nn.Module):
    """Words are sums of pieces, look at each other, and are pooled by attention.

        word   = sum of its pieces' vectors / sqrt(their number)
        words  = layers of self-attention over LayerNorm(word), without positions: shoppers mind no order
        text   = for each head, the words' mean weighted by softmax(scores of the head)
        vector = MLP(text), of unit length

    Args:
        recipe: Its sizes.
        pieces: How many pieces there are.
        size: The width of the vector.
    """

    def __init__(self, recipe: TowerRecipe, pieces: PieceSpec, size: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(pieces.buckets, recipe.width, padding_idx=0)
        nn.init.normal_(self.pieces.weight, std=_SPREAD)
        with torch.no_grad():
            self.pieces.weight[0] = 0
        self.norm, self.dropout = nn.LayerNorm(recipe.width), nn.Dropout(recipe.dropout)
        self.layers = nn.ModuleList(_AttentionLayer(recipe) for _ in range(recipe.layers))
        self.scores = nn.Linear(recipe.width, recipe.heads)
        pooled = recipe.width * recipe.heads
        self.head = nn.Sequential(
            nn.LayerNorm(pooled),
            nn.Linear(pooled, recipe.hidden),
            nn.GELU(),
            nn.Dropout(recipe.dropout),
            nn.Linear(recipe.hidden, size),
        )

    def forward(self, pieces: Tensor) -> Tensor:
        """Return float32 [n, size] of unit length for int [n, words, pieces of a word], 0 where there is none."""
        return self.join_words(self.sum_pieces(pieces), pieces[:, :, 0] > 0)

    def sum_pieces(self, pieces: Tensor) -> Tensor:
        """Return the words' vectors, float32 [..., width], for int [..., pieces of a word]."""
        count = (pieces > 0).sum(dim=-1, keepdim=True).clamp(min=1)
        return self.look_up(pieces).sum(dim=-2) * torch.rsqrt(count.float())

    def look_up(self, pieces: Tensor) -> Tensor:
        """Return the vectors of pieces; that of 0 is zero."""
        found: Tensor = self.pieces(pieces)
        return found

    def join_words(self, words: Tensor, there: Tensor) -> Tensor:
        """Return the texts' vectors for float32 [n, words, width] and bool [n, words]: which words there are."""
        state = self.dropout(self.norm(words))
        away = (~there).float() * _FAR  # [n, words]
        for layer in self.layers:
            state = layer(state, away)
        weights = (self.scores(state) + away[:, :, None]).softmax(dim=1)  # [n, words, heads]
        pooled = torch.matmul(weights.transpose(1, 2), state).flatten(1)  # [n, heads * width]
        return F.normalize(self.head(pooled), dim=-1)

    def encode_words(self, texts: Sequence[Sequence[str]], spec: PieceSpec) -> Tensor:
        """Return the vectors of texts, summing up every different word once: the quick way in training."""
        pieces, places = read_words(texts, spec)
        words = F.embedding_bag(pieces, self.pieces.weight, mode="sum", padding_idx=0)
        words = words * torch.rsqrt((pieces > 0).sum(dim=-1, keepdim=True).clamp(min=1).float())
        return self.join_words(words[places], places > 0)


class _AttentionLayer(nn.Module):
    """Self-attention and an MLP, both on normalised input and added to it (Xiong et al. 2020, "pre-LN")."""

    def __init__(self, recipe: TowerRecipe) -> None:
        super().__init__()
        self.heads, self.dropout = recipe.heads, nn.Dropout(recipe.dropout)
        self.first, self.second = nn.LayerNorm(recipe.width), nn.LayerNorm(recipe.width)
        self.project, self.merge = nn.Linear(recipe.width, 3 * recipe.width), nn.Linear(recipe.width, recipe.width)
        self.widen, self.narrow = nn.Linear(recipe.width, 2 * recipe.width), nn.Linear(2 * recipe.width, recipe.width)

    def forward(self, words: Tensor, away: Tensor) -> Tensor:
        n, length, width = words.shape
        parts = self.project(self.first(words)).reshape(n, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)  # each [n, heads, words, width of a head]
        logits = torch.matmul(query, key.transpose(2, 3)) * (width // self.heads) ** -0.5
        weights = (logits + away[:, None, None, :]).softmax(dim=-1)
        seen = torch.matmul(weights, value).transpose(1, 2).reshape(n, length, width)
        words = words + self.dropout(self.merge(seen))
        result: Tensor = words + self.dropout(self.narrow(F.gelu(self.widen(self.second(words)))))
        return result


def read_words(texts: Sequence[Sequence[str]], spec: PieceSpec) -> tuple[Tensor, Tensor]:
    """Number the different words of some texts.

    Returns:
        int64 [1 + different words, pieces]: the pieces of each, the first being no word; and int64 [n, words]: which
        word stands where, 0 for none.
    """
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(word, len(numbers) + 1) for word in words[: spec.most_words]] for words in texts]
    places = np.zeros((len(rows), max((len(row) for row in rows), default=1) or 1), np.int64)
    for position, row in enumerate(rows):
        places[position, : len(row)] = row
    table = number_words([[word] for word in numbers] or [[]], spec)[:, 0]
    pieces = np.concatenate([np.zeros((1, table.shape[1]), np.int64), table])
    return torch.from_numpy(pieces), torch.from_numpy(places)
