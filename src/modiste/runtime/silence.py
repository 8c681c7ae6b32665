"""Where nothing is said of a field: the product has no such thing, or the network can't make it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Silence
from modiste.taxonomy import Field, Taxonomy

__all__ = ["SilenceRule"]


class SilenceRule:
    """One field's `Silence`, ready to be applied to arrays.

    Args:
        silence: What the bundle says.
        taxonomy: The bundle's fields.
        positions: Field -> for each of the bundle's values its position among the shop's, as `NameMap.find_positions`.
            Of values that the shop calls by one name it is enough that one has the field.
    """

    def __init__(self, silence: Silence, taxonomy: Taxonomy, positions: Mapping[str, Sequence[int]]) -> None:
        self._under, self._below = silence.under, silence.below
        self._has = np.ones(0, np.bool_)
        if silence.under is not None:
            self._has = _mark(taxonomy[silence.under], silence.values, positions[silence.under])

    def find_silent(
        self, choices: Mapping[str, NDArray[np.int64]], confidence: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return bool [n]: where nothing is said.

        Args:
            choices: Single field -> int64 [n], the position of its answer among the shop's values.
            confidence: float64 [n], of this field's answer.
        """
        unsure = np.asarray(confidence < self._below)
        return unsure if self._under is None else unsure | ~self._has[choices[self._under]]


def _mark(field: Field, values: Sequence[str], positions: Sequence[int]) -> NDArray[np.bool_]:
    """Return which of the shop's values of a field are among the bundle's ``values``."""
    has = np.zeros(max(positions) + 1, np.bool_)
    has[[positions[field.index(value)] for value in values]] = True
    return has
