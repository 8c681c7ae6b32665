"""What stands on the trunk: the logits of every field, and an embedding.

| kind | module | how the fields are connected |
|---|---|---|
| `linear` | `linear` | not at all: one linear layer |
| `embedding` | `embedding` | not at all: one linear layer, which reads the embedding |
| `message_passing` | `message_passing` | a branch a level; the first level and the others hear of each other |
| `conditional` | `conditional` | a level's logits get the probabilities of the level above |
"""

from modiste.training.heads.building import build_heads
from modiste.training.heads.conditional import ConditionalHeads
from modiste.training.heads.embedding import EmbeddingHeads
from modiste.training.heads.heads import Heads, Output
from modiste.training.heads.levels import check_levels
from modiste.training.heads.linear import LinearHeads
from modiste.training.heads.message_passing import MessagePassing, MessagePassingHeads

__all__ = [
    "ConditionalHeads",
    "EmbeddingHeads",
    "Heads",
    "LinearHeads",
    "MessagePassing",
    "MessagePassingHeads",
    "Output",
    "build_heads",
    "check_levels",
]
