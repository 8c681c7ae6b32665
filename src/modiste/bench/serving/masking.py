"""Parts of a picture that are hidden from the network, and what its answer is then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.imaging.limits import DecodeLimits
from modiste.runtime import Decider, Network
from modiste.runtime.occlusion import OcclusionGrid
from modiste.serving.explaining import prepare_covered

__all__ = ["CENTRE", "MASKS", "RANDOM", "TOP", "Masker", "choose_cells"]

TOP, RANDOM, CENTRE = "top of the map", "random", "centre"
MASKS: Final = (TOP, RANDOM, CENTRE)
_DRAWS: Final = 5  # random masks a picture, whose scores are averaged

Cells = NDArray[np.bool_]


def choose_cells(importance: NDArray[np.float64], share: float, rng: np.random.Generator) -> dict[str, list[Cells]]:
    """Choose the cells that each kind of mask hides, equally many of each.

    Args:
        importance: [rows, columns], a map.
        share: How much of the picture is hidden, in (0, 1).
        rng: Draws the random ones, and breaks ties.

    Returns:
        Kind -> bool [rows, columns], several of the random kind.

    Example:
        >>> chosen = choose_cells(np.array([[0.0, 1.0], [0.2, 0.0]]), 0.25, np.random.default_rng(0))
        >>> chosen["top of the map"][0].tolist()
        [[False, True], [False, False]]
    """
    rows, columns = importance.shape
    count = max(1, round(share * importance.size))
    row, column = np.mgrid[0:rows, 0:columns]
    distance = ((row + 0.5) / rows - 0.5) ** 2 + ((column + 0.5) / columns - 0.5) ** 2
    orders = {TOP: [-importance], CENTRE: [distance], RANDOM: [rng.random((rows, columns)) for _ in range(_DRAWS)]}
    return {kind: [_take_first(order, count, rng) for order in orders[kind]] for kind in MASKS}


def _take_first(order: NDArray[np.float64], count: int, rng: np.random.Generator) -> Cells:
    ties = rng.random(order.size)
    first = np.lexsort((ties, order.ravel()))[:count]
    chosen = np.zeros(order.size, np.bool_)
    chosen[first] = True
    return chosen.reshape(order.shape)


class Masker:
    """Hides parts of pictures, and asks again.

    Args:
        bundle: Whose network.
        threads: Cores to use.
    """

    def __init__(self, bundle: Bundle, threads: int) -> None:
        self._bundle, self._limits = bundle, DecodeLimits()
        self._network, self._decider = Network(bundle, threads=threads), Decider(bundle.spec)

    def score(
        self,
        data: bytes,
        importance: NDArray[np.float64],
        field: str,
        value: str,
        *,
        share: float,
        rng: np.random.Generator,
        fill: str,
    ) -> dict[str, float]:
        """Return the probability of a value, of the whole picture and with each kind of mask.

        Args:
            data: The picture's file.
            importance: Its map, [rows, columns].
            field: The field that the map speaks of.
            value: The value.
            share: How much is hidden.
            rng: Draws the random masks.
            fill: ``"padding"``, the colour that the maps were made with, or ``"mean"``, the picture's own mean colour.
        """
        grid, pictures = prepare_covered(data, None, self._bundle.preprocessing, self._limits)
        picture = pictures[0]
        colour = self._choose_colour(picture, grid, fill)
        chosen = choose_cells(importance, share, rng)
        hidden = [_hide(picture, grid, cells, colour) for kind in MASKS for cells in chosen[kind]]
        logits = self._network.run(np.stack([picture, *hidden])).logits
        place = self._bundle.taxonomy[field].index(value)
        scores = self._decider.decide(logits).probabilities[field][:, place]
        return {"whole": float(scores[0]), **_average(scores[1:], chosen)}

    def _choose_colour(self, picture: NDArray[np.uint8], grid: OcclusionGrid, fill: str) -> tuple[int, int, int]:
        if fill == "padding":
            return self._bundle.preprocessing.fill
        top, left, height, width = grid.region
        red, green, blue = picture[top : top + height, left : left + width].reshape(-1, 3).mean(axis=0).round()
        return int(red), int(green), int(blue)


def _average(scores: NDArray[np.float64], chosen: Mapping[str, list[Cells]]) -> dict[str, float]:
    averages, start = {}, 0
    for kind in MASKS:
        averages[kind] = float(scores[start : start + len(chosen[kind])].mean())
        start += len(chosen[kind])
    return averages


def _hide(
    picture: NDArray[np.uint8], grid: OcclusionGrid, cells: Cells, colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Return a picture with some cells of a grid in one colour."""
    single = OcclusionGrid(grid.region, grid.rows, grid.columns, window=1)
    # A window of one cell at a time, painted white on black, is where that cell lies.
    places = single.cover(np.zeros_like(picture), (255, 255, 255))[cells.ravel()]
    return np.where(places.any(axis=0), np.array(colour, np.uint8), picture)
