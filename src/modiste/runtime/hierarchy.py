"""Joint decoding: one answer a field, none of which contradicts another.

The fields form a forest: each refines at most one parent. With ``p_f(v)`` the network's probability of value ``v``
for field ``f``, the probability of one assignment of values to all fields is proportional to the product of the
``p_f(v_f)`` if every child's value may stand under its parent's, and is 0 otherwise. The most probable assignment and
the marginals follow from one pass up and one pass down each tree (belief propagation, exact on trees; Pearl 1988,
"Probabilistic Reasoning in Intelligent Systems", chapter 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modiste.errors import BundleError
from modiste.taxonomy import Field, Taxonomy

__all__ = ["Hierarchy", "JointDecoding", "decode_jointly"]

# Ten factors this small still multiply to a number that float64 holds.
_SMALLEST = 1e-30

Scores = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class JointDecoding:
    """What joint decoding says of n pictures.

    Args:
        choices: Single field -> int64 [n], the position of its value in the most probable consistent assignment.
        probabilities: Field -> float64 [n, values], the marginal of every value over all consistent assignments;
            multi fields pass through unchanged.
    """

    choices: dict[str, NDArray[np.int64]]
    probabilities: dict[str, NDArray[np.float64]]

    @cached_property
    def confidence(self) -> dict[str, NDArray[np.float64]]:
        """Single field -> float64 [n] in [0, 1]: the marginal of the chosen value."""
        return {
            name: np.take_along_axis(self.probabilities[name], choice[:, None], axis=1)[:, 0]
            for name, choice in self.choices.items()
        }


class Hierarchy:
    """The joint decoder of one taxonomy; building it once saves its tables.

    Args:
        taxonomy: The fields; `Field.allowed` says what may stand under what.

    Raises:
        BundleError: No assignment of values is consistent.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._singles = [field for field in taxonomy if field.kind == "single"]
        self._links = {field.name: _Link(field, taxonomy[field.parent]) for field in self._singles if field.parent}
        self._check()

    def decode(self, probabilities: Scores) -> JointDecoding:
        """Find the most probable consistent assignment and the marginals.

        Args:
            probabilities: Field -> floating [n, values of the field], in [0, 1].
        """
        scores = {field.name: _clip(probabilities[field.name]) for field in self._singles}
        choices = self._choose(scores)
        marginals = self._marginalise(scores)
        multi = {
            field.name: np.asarray(probabilities[field.name], np.float64)
            for field in self.taxonomy
            if field.kind == "multi"
        }
        ordered = {**marginals, **multi}
        return JointDecoding(choices, {name: ordered[name] for name in self.taxonomy.names})

    def _choose(self, scores: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.int64]]:
        beliefs = dict(scores)
        for name, link in reversed(self._links.items()):  # children before their parents
            beliefs[link.parent] = _rescale(beliefs[link.parent] * link.find_best(beliefs[name]))
        choices: dict[str, NDArray[np.int64]] = {}
        for field in self._singles:
            belief = beliefs[field.name]
            if field.name in self._links:
                link = self._links[field.name]
                belief = np.where(link.allowed[:, choices[link.parent]].T, belief, -1.0)
            choices[field.name] = belief.argmax(axis=1)
        return choices

    def _marginalise(self, scores: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        beliefs, messages = dict(scores), {}
        for name, link in reversed(self._links.items()):  # children before their parents
            messages[name] = beliefs[name] @ link.weights
            beliefs[link.parent] = _rescale(beliefs[link.parent] * messages[name])
        marginals: dict[str, NDArray[np.float64]] = {}
        for field in self._singles:
            belief = beliefs[field.name]
            if field.name in self._links:
                link, message = self._links[field.name], messages[field.name]
                above = np.divide(marginals[link.parent], message, out=np.zeros_like(message), where=message > 0)
                belief = belief * (above @ link.weights.T)
            marginals[field.name] = belief / belief.sum(axis=1, keepdims=True)
        return marginals

    def _check(self) -> None:
        reachable = {field.name: np.ones(len(field), bool) for field in self._singles}
        for name, link in reversed(self._links.items()):
            reachable[link.parent] &= (link.allowed & reachable[name][:, None]).any(axis=0)
        dead = [field.name for field in self._singles if not reachable[field.name].any()]
        if dead:
            raise BundleError(f"no value of {dead[0]!r} agrees with the fields below it; correct the taxonomy")


class _Link:
    """What may stand under what, between one field and its parent."""

    def __init__(self, child: Field, parent: Field) -> None:
        self.parent = parent.name
        self.allowed = np.ones((len(child), len(parent)), bool)  # [child's values, parent's values]
        for value, parents in child.allowed.items():
            self.allowed[child.index(value)] = [name in parents for name in parent.values]
        self.weights = self.allowed.astype(np.float64)
        # The allowed pairs sorted by parent, so that one reduceat finds the best child under each parent.
        above, self._children = np.nonzero(self.allowed.T)
        self._parents, self._starts = np.unique(above, return_index=True)

    def find_best(self, belief: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [n, parent's values]: the highest belief among the children that each parent value allows."""
        best = np.zeros((len(belief), self.allowed.shape[1]))
        if len(self._starts):
            best[:, self._parents] = np.maximum.reduceat(belief[:, self._children], self._starts, axis=1)
        return best


def decode_jointly(taxonomy: Taxonomy, probabilities: Scores) -> JointDecoding:
    """Find the most probable values of all fields that agree along the hierarchy.

    Args:
        taxonomy: The fields; `Field.allowed` says what may stand under what.
        probabilities: Field -> floating [n, values of the field], in [0, 1].

    Returns:
        The choices, their confidence and the marginals.

    Raises:
        BundleError: No assignment of values is consistent.

    Example:
        >>> from modiste.taxonomy import Field
        >>> kind = Field("kind", "single", ("Bags", "Shoes"))
        >>> article = Field("article", "single", ("Heels", "Tote"), "kind", {"Heels": ("Shoes",), "Tote": ("Bags",)})
        >>> scores = {"kind": np.array([[0.6, 0.4]]), "article": np.array([[0.9, 0.1]])}
        >>> decoding = decode_jointly(Taxonomy((kind, article)), scores)
        >>> int(decoding.choices["kind"][0]), int(decoding.choices["article"][0])
        (1, 0)
        >>> round(float(decoding.confidence["kind"][0]), 3)  # .4 * .9 / (.4 * .9 + .6 * .1)
        0.857
    """
    return Hierarchy(taxonomy).decode(probabilities)


def _clip(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    # A probability that underflowed to 0 must not make every consistent assignment impossible.
    return np.maximum(np.asarray(scores, np.float64), _SMALLEST)


def _rescale(belief: NDArray[np.float64]) -> NDArray[np.float64]:
    # Only ratios within a row matter; without this a wide tree would underflow.
    return np.asarray(belief / belief.max(axis=1, keepdims=True))
