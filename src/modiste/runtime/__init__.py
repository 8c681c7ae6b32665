"""The runtime: onnxruntime says what pictures show and how close they are; torch is never imported."""

from modiste.runtime.decision import Decider, Decision
from modiste.runtime.embedder import Embedder
from modiste.runtime.hierarchy import Hierarchy, JointDecoding, decode_jointly
from modiste.runtime.names import NameMap
from modiste.runtime.network import FAMILIARITY, Network, NetworkOutput, count_cores
from modiste.runtime.pictures import PictureLike
from modiste.runtime.scores import score_fields, slice_fields
from modiste.runtime.tagger import Tagger
from modiste.runtime.tags import Alternative, Tag, Tags
from modiste.runtime.text_encoder import TextEncoder

__all__ = [
    "FAMILIARITY",
    "Alternative",
    "Decider",
    "Decision",
    "Embedder",
    "Hierarchy",
    "JointDecoding",
    "NameMap",
    "Network",
    "NetworkOutput",
    "PictureLike",
    "Tag",
    "Tagger",
    "Tags",
    "TextEncoder",
    "count_cores",
    "decode_jointly",
    "score_fields",
    "slice_fields",
]
