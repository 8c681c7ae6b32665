"""One kind of heads: trained as the recipe says, with the trunk frozen or not, and asked about the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.structured_output.material import ATTRIBUTES
from modiste.bench.trainings import answer_part, change_recipe, train_once
from modiste.bundle import BundleSpec
from modiste.evaluation import Epoch, Predictions, read_history
from modiste.manifest import Manifest
from modiste.runtime import score_fields

if TYPE_CHECKING:
    from modiste.training import Recipe, TrainingRun

__all__ = ["KINDS", "System", "Variant", "answer_as_published", "change_heads", "train_system"]

KINDS: Final[Mapping[str, str]] = {
    "message_passing": "message passing",
    "conditional": "conditional",
    "linear": "flat",
}
_THRESHOLD: Final = 0.75


@dataclass(frozen=True)
class Variant:
    """What is trained.

    Args:
        kind: Of the heads.
        weighted: Whether wrong answers cost in inverse proportion to the frequency of the value.
        tuned: Whether the whole trunk learns after the heads, as the recipe says.
    """

    kind: str
    weighted: bool = True
    tuned: bool = False

    @property
    def name(self) -> str:
        """How the tables call it."""
        return KINDS[self.kind] + ", unweighted" * (not self.weighted) + ", fine-tuned" * self.tuned


@dataclass(frozen=True)
class System:
    """A trained variant.

    Args:
        variant: What was trained.
        told: Its answers on the test part, as S0 answers: the highest score of a level, attributes from .75 on.
        parameters: Of the heads without the embedding.
        epochs: How its training went.
    """

    variant: Variant
    told: Predictions
    parameters: int
    epochs: tuple[Epoch, ...]


def change_heads(recipe: Recipe, variant: Variant) -> Recipe:
    """Return the recipe with the variant's heads and stages, and nothing left to select.

    The pictures are selected before, since the test part is drawn from the selection.
    """
    changes: dict[str, Any] = dict.fromkeys(("data.cap", "data.sample", "data.balance_by"))
    changes["heads.kind"] = variant.kind
    changes["stages"] = [
        stage.model_dump(mode="json") for stage in recipe.stages if stage.caches_features or variant.tuned
    ]
    if variant.kind == "linear":
        changes["heads.levels"] = None
    if not variant.weighted:
        changes["loss.class_weights"] = None
    return change_recipe(recipe, changes)


def train_system(recipe: Recipe, variant: Variant, material: Manifest, test: Manifest, work: Path) -> System:
    """Train a variant and ask it about the test part; what an earlier call finished is taken up.

    Args:
        recipe: The recipe of the system.
        variant: What is changed in it.
        material: Training and validation part.
        test: The pictures to answer, with the fields that are learnt.
        work: Where runs, and the pictures and features that all of them share, are kept.
    """
    run = train_once(change_heads(recipe, variant), material, work, variant.name, shared=work / "cache")
    answers = answer_part(run, test)
    ids = test.items["item_id"].gather(answers.rows).to_list()
    told = answer_as_published(_describe(run), ids, answers.logits)
    return System(variant, told, _count_parameters(run), read_history(run.history))


def answer_as_published(spec: BundleSpec, ids: Sequence[str], logits: NDArray[np.float32]) -> Predictions:
    """Answer each level by its own highest score and attributes from .75 on; no temperature, no joint decoding.

    Args:
        spec: The fields; temperatures and thresholds play no part.
        ids: The items.
        logits: float32 [n, values of all fields].
    """
    scores = score_fields(spec.model_copy(update={"temperatures": {}}), logits)
    limits = {ATTRIBUTES: dict.fromkeys(spec.taxonomy[ATTRIBUTES].values, _THRESHOLD)}
    return Predictions.from_scores(spec.taxonomy, ids, scores, thresholds=limits)


def _describe(run: TrainingRun) -> BundleSpec:
    return BundleSpec(
        name="structured-output",
        fields=run.taxonomy.to_json(),
        preprocessing=run.preprocessing(run.recipe.stages[-1]).to_json(),
        embedding_size=run.recipe.heads.embedding,
    )


def _count_parameters(run: TrainingRun) -> int:
    """Return the number of parameters of the heads, the embedding's left out."""
    from modiste.training.judged import load_judged

    heads = load_judged(run)[0].heads
    embedding = {id(heads.proxies), *map(id, heads.embed.parameters())}
    return sum(part.numel() for part in heads.parameters() if id(part) not in embedding)
