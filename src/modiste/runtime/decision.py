"""From logits to answers, in arrays: calibrate, rename, decode jointly, doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import BundleSpec
from modiste.runtime.hierarchy import Hierarchy
from modiste.runtime.names import NameMap
from modiste.runtime.scores import score_fields
from modiste.runtime.silence import SilenceRule
from modiste.taxonomy import Field, Taxonomy

__all__ = ["Decider", "Decision"]

_DEFAULT_THRESHOLD = 0.5
_HALF = 0.5
_Number = TypeVar("_Number", np.float64, np.bool_)


@dataclass(frozen=True)
class Decision:
    """What is said of n pictures.

    Args:
        taxonomy: The fields, with the values that the positions below point into.
        choices: Single field -> int64 [n], the position of its value, also where nothing is said of the field.
        chosen: Multi field -> bool [n, values], whether each value is said.
        probabilities: Field -> float64 [n, values]: marginals for single fields, scores for multi fields.
        doubt: Field -> the confidence below which its answer is doubtful.
        stranger: bool [n]; the picture looks like no fashion product, so that whatever is said of it is doubtful. None
            where the bundle can't tell.
        silent: Field -> bool [n], where nothing is said of it; a field that is missing is always said.
    """

    taxonomy: Taxonomy
    choices: Mapping[str, NDArray[np.int64]]
    chosen: Mapping[str, NDArray[np.bool_]]
    probabilities: Mapping[str, NDArray[np.float64]]
    doubt: Mapping[str, float]
    stranger: NDArray[np.bool_] | None = None
    silent: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @cached_property
    def confidence(self) -> dict[str, NDArray[np.float64]]:
        """Field -> float64 [n] in [0, 1].

        Of a single field: the marginal of its value. Of a multi field: the lowest score among the values that are
        said, or, where none is, 1 minus the highest score.
        """
        return {field.name: self._measure_confidence(field) for field in self.taxonomy}

    @cached_property
    def doubtful(self) -> dict[str, NDArray[np.bool_]]:
        """Field -> bool [n]: the confidence is below the field's doubt, or the picture shows no fashion product.

        Where nothing is said there is nothing to doubt.
        """
        told = {name: found < self.doubt.get(name, 0.0) for name, found in self.confidence.items()}
        if self.stranger is not None:
            told = {name: found | self.stranger for name, found in told.items()}
        return {name: found & self.is_said(name) for name, found in told.items()}

    def is_said(self, name: str) -> NDArray[np.bool_]:
        """Return bool [n]: whether a field is answered at all."""
        silent = self.silent.get(name)
        return np.ones(len(self.probabilities[name]), np.bool_) if silent is None else ~silent

    def mark_said(self, name: str) -> NDArray[np.bool_]:
        """Return bool [n, values]: which values of a field are said."""
        item = self.taxonomy[name]
        if item.kind == "multi":
            return self.chosen[name]
        answers = self.choices[name][:, None] == np.arange(len(item))
        return np.asarray(answers & self.is_said(name)[:, None])

    def rank(self, name: str, k: int) -> NDArray[np.int64]:
        """Return [n, at most k]: the positions of a field's values, the best first.

        The value of a single field comes first even where another one's marginal is higher, which happens when that
        one fits the other fields less well.
        """
        scores = self.probabilities[name]
        if name in self.choices:
            scores = scores.copy()
            np.put_along_axis(scores, self.choices[name][:, None], np.inf, axis=1)
        return np.argsort(-scores, axis=1, kind="stable")[:, :k]

    def _measure_confidence(self, field: Field) -> NDArray[np.float64]:
        scores = self.probabilities[field.name]
        if field.kind == "single":
            return np.asarray(np.take_along_axis(scores, self.choices[field.name][:, None], axis=1)[:, 0])
        said = self.chosen[field.name]
        lowest = np.where(said, scores, np.inf).min(axis=1, initial=np.inf)
        return np.asarray(np.where(said.any(axis=1), lowest, 1.0 - scores.max(axis=1, initial=0.0)))


class Decider:
    """Turns logits into decisions.

    Args:
        spec: The bundle's fields, temperatures, thresholds and doubts.
        names: The shop's own values; by default the bundle's.

    Raises:
        UnknownNameError: ``names`` speaks of a field or value that the bundle lacks.
        BundleError: No assignment of values is consistent.

    Attributes:
        taxonomy: The fields with the shop's values.
    """

    def __init__(self, spec: BundleSpec, *, names: NameMap | None = None) -> None:
        names = NameMap() if names is None else names
        names.check(spec.taxonomy)
        self.spec = spec
        self.taxonomy = names.apply(spec.taxonomy)
        self._hierarchy = Hierarchy(self.taxonomy)
        self._positions = {field.name: names.find_positions(field) for field in spec.taxonomy}
        self._thresholds = {field.name: _list_thresholds(field, spec) for field in spec.taxonomy}
        self._silence = {
            name: SilenceRule(silence, spec.taxonomy, self._positions) for name, silence in spec.silence.items()
        }

    def decide(self, logits: NDArray[np.float32], familiarity: NDArray[np.float32] | None = None) -> Decision:
        """Decide on pictures.

        Args:
            logits: float32 [n, values of all fields, in the bundle's order].
            familiarity: float32 [n], where the network tells it (`modiste.runtime.NetworkOutput`).
        """
        decision = self.decide_scores(score_fields(self.spec, logits))
        limit = self.spec.stranger_below
        return decision if familiarity is None or limit is None else replace(decision, stranger=familiarity < limit)

    def decide_scores(self, scores: Mapping[str, NDArray[np.floating]]) -> Decision:
        """Decide from calibrated probabilities: field -> [n, values of the bundle's field], as `score_fields` gives."""
        chosen, merged = {}, {}
        for item in self.taxonomy:
            score, positions = np.asarray(scores[item.name], np.float64), self._positions[item.name]
            merged[item.name] = _merge(score, positions, np.add if item.kind == "single" else np.maximum)
            if item.kind == "multi":
                chosen[item.name] = _merge(score >= self._thresholds[item.name], positions, np.logical_or)
        decoding = self._hierarchy.decode(merged)
        told = {name: self._temper(name, table) for name, table in decoding.probabilities.items()}
        return self._be_silent(Decision(self.taxonomy, decoding.choices, chosen, told, self.spec.doubt))

    def _be_silent(self, decision: Decision) -> Decision:
        """Say nothing of what a product has not, and of what is not made out surely enough."""
        if not self._silence:
            return decision
        silent = {
            name: rule.find_silent(decision.choices, decision.confidence[name]) for name, rule in self._silence.items()
        }
        chosen = {
            name: table & ~silent[name][:, None] if name in silent else table for name, table in decision.chosen.items()
        }
        return replace(decision, chosen=chosen, silent=silent)

    def _temper(self, name: str, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Divide the logarithms by the joint temperatures, above and below one half; what is likelier stays so."""
        temperatures = self.spec.joint_temperatures.get(name)
        if temperatures is None or self.taxonomy[name].kind != "single":
            return probabilities
        above, below = temperatures
        raised = np.maximum(probabilities, _HALF) ** (1 / above) * (np.minimum(probabilities, _HALF) / _HALF) ** (
            1 / below
        )
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _list_thresholds(field: Field, spec: BundleSpec) -> NDArray[np.float64]:
    table = spec.thresholds.get(field.name, {})
    return np.array([table.get(value, _DEFAULT_THRESHOLD) for value in field.values])


def _merge(scores: NDArray[_Number], positions: list[int], unite: np.ufunc) -> NDArray[_Number]:
    """Unite columns [n, values] that go to the same position: [n, positions]."""
    if positions == list(range(len(positions))):
        return scores
    order = np.argsort(positions, kind="stable")
    starts = np.unique(np.asarray(positions)[order], return_index=True)[1]
    united: NDArray[_Number] = unite.reduceat(scores[:, order], starts, axis=1)
    return united
