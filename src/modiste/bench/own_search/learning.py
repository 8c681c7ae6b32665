"""One trunk trained on one division, and which originals of the other part it gets right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.own_search.material import FIELD, write_mirrored
from modiste.bench.trainings import change_recipe, prepare_once, train_once
from modiste.imaging import Preprocessing
from modiste.manifest import Manifest

if TYPE_CHECKING:
    from torch.nn import Module

    from modiste.training import Recipe, TrainingRun
    from modiste.training.dataset import LabelledItems

__all__ = ["TRUNKS", "Learner", "Outcome"]

# The basic CNN learns from random numbers, at the size of the thumbnails; the others keep their ImageNet weights.
_BASIC: Final[Mapping[str, Any]] = {
    "trunk.name": "basic_cnn",
    "trunk.weights": "none",
    "heads.dropout": 0.0,
    "stages.0.frozen": None,
    "stages.0.augment": False,
    "stages.0.height": 80,
    "stages.0.width": 60,
    "stages.0.epochs": 12,
    "stages.0.optimiser": "adam",
    "stages.0.rate": 1e-3,
}
TRUNKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "basic CNN": _BASIC,
    "EfficientNet-Lite0": {"trunk.name": "tf_efficientnet_lite0"},
    "EfficientNet-Lite2": {},
}


@dataclass(frozen=True)
class Outcome:
    """What a trained network says of the originals that judge it.

    Args:
        hits: Item id -> whether the answer is right.
        parameters: Of trunk and heads, without the embedding for search.
    """

    hits: Mapping[str, bool]
    parameters: int

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.mean([*self.hits.values()]))


class Learner:
    """Trains one trunk on any number of divisions of the same items; a frozen trunk sees every picture once.

    A mirror image is a further picture of its item: each epoch shows one of both, and both are asked about.

    Args:
        recipe: The recipe as modiste brings it.
        name: One of `TRUNKS`.
        items: All items; nothing is left to select.
        mirrored: The zip of their mirror images (`write_mirrored`).
        folder: Where runs and what is finished are kept.
        shared: Where decoded pictures and features are kept.
    """

    def __init__(
        self, recipe: Recipe, name: str, items: Manifest, mirrored: Path, folder: Path, *, shared: Path
    ) -> None:
        self._recipe = change_recipe(recipe, {**TRUNKS[name], "data.only": None, "data.merge": None})
        self._folder, self._shared, self._mirrored = folder, shared, mirrored
        images = [*items.items["image"], *write_mirrored(items, mirrored).items["image"]]
        self._places = {image: row for row, image in enumerate(images)}

    def learn(self, division: Manifest, name: str) -> Outcome:
        """Train on the part ``train`` of a division and judge on the originals of its part ``test``.

        Args:
            division: The items with their parts.
            name: Of the division; what is finished under it is taken up.
        """
        finished = self._folder / f"{name}.json"
        if not finished.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            waiting = finished.with_suffix(".part")
            waiting.write_text(json.dumps(self._measure(division, name)), encoding="utf-8")
            waiting.replace(finished)
        kept = json.loads(finished.read_text(encoding="utf-8"))
        return Outcome(kept["hits"], int(kept["parameters"]))

    def _measure(self, division: Manifest, name: str) -> dict[str, Any]:
        from modiste.training.dataset import read_items

        judged = division.of_split("test").without_copies()
        where: dict[str, Any] = {"folder": self._folder, "name": name, "shared": self._shared}
        run = prepare_once(self._recipe, division, pictures=[self._mirrored], **where)
        views = [read_items(view, run.taxonomy) for view in (judged, write_mirrored(judged, self._mirrored))]
        for part in (run.train, run.validation, *views) if self._recipe.stages[0].caches_features else ():
            self._lend(run, part)
        run = train_once(self._recipe, division, pictures=[self._mirrored], **where)
        values = np.array(run.taxonomy[FIELD].values)
        said = np.mean([self._ask(run, view) for view in views], axis=0).argmax(axis=1)
        hits = values[said] == judged.labels(FIELD).to_numpy()
        return {"hits": dict(zip(judged.items["item_id"], hits.tolist(), strict=True)), "parameters": _count(run)}

    def _ask(self, run: TrainingRun, items: LabelledItems) -> NDArray[np.float64]:
        """Return what a network says of items: probabilities [n, values]."""
        from modiste.training.judged import answer_items

        logits = answer_items(run, items, cache=self._shared).logits.astype(np.float64)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def _lend(self, run: TrainingRun, part: LabelledItems) -> None:
        """Give a run the features of its pictures: they were computed once, for the items of all divisions."""
        from modiste.training.pictures import cache_pictures
        from modiste.training.trunk_features import lend_features

        trunk, numbers, features = self._compute_features(run)
        rows = [self._places[request.reference] for request in part.requests]
        lend_features(trunk, cache_pictures(part.requests, numbers, self._shared), features[rows], self._shared)

    def _compute_features(self, run: TrainingRun) -> tuple[Module, Preprocessing, NDArray[np.float32]]:
        import torch

        from modiste.training.pictures import PictureRequest, cache_pictures
        from modiste.training.trunk_features import cache_features
        from modiste.training.trunks import build_trunk

        trunk = build_trunk(self._recipe.trunk.name, weights=self._recipe.trunk.weights).eval()
        numbers = run.preprocessing(self._recipe.stages[0])
        pictures = cache_pictures([PictureRequest(image) for image in self._places], numbers, self._shared)
        features = cache_features(trunk, pictures, numbers, self._shared, device=torch.device("cpu"))
        return trunk, numbers, features


def _count(run: TrainingRun) -> int:
    from modiste.training.judged import load_judged

    network, _ = load_judged(run)
    judging = ("trunk.", "heads.classify.")  # the embedding is not asked
    return sum(parameter.numel() for name, parameter in network.named_parameters() if name.startswith(judging))
