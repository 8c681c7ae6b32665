"""A sketch: the sheet on which one product is painted piece by piece, and the photograph made of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from modiste.synthetic.fabric import Fabric
from modiste.synthetic.geometry import FRAME, Outline, Points, ellipse, ribbon
from modiste.synthetic.light import Plane, blur, cast_shadow, draw_backdrop, shade_creases, shade_volume
from modiste.synthetic.palette import Colour, blend, jitter, lookup, luminance
from modiste.synthetic.spec import ProductSpec, View

__all__ = ["Sketch"]

_SMOOTH = 3  # an outline is drawn at this multiple and reduced: its edge has 10 levels
_DRAWN_AT_LEAST = 150  # pixels across: smaller pictures are drawn larger and reduced, as thumbnails are made
_Window = tuple[slice, slice]


class Sketch:
    """One product being painted, in units of the frame (300 x 400, x from -150 to 150).

    Args:
        spec: The product.
        view: How it is pictured.
        size: Width and height of the picture, in pixels.
        rng: The chance that belongs to this photograph: creases, noise, backdrop.

    Attributes:
        detail: The chance that belongs to the product: the same in every picture of it.
        base: The main colour.
        second: The colour of pattern and trimmings.
        dark: The main colour in shade, for seams and edges.
        fabric: The product's fabric.
    """

    def __init__(self, spec: ProductSpec, view: View, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.spec, self.view, self.size, self.rng = spec, view, size, rng
        self.detail = np.random.default_rng(spec.seed)
        self.base = jitter(lookup(spec.colour), self.detail)
        self.second = jitter(lookup(spec.second_colour), self.detail)
        self.dark = blend(self.base, 0.0, 0.45) if luminance(self.base) > 0.2 else blend(self.base, 1.0, 0.16)
        third = jitter(lookup(str(self.detail.choice(("Yellow", "Red", "Green", "White", "Teal")))), self.detail)
        turn = 90.0 if self.detail.random() < 0.3 else 0.0
        self.fabric = Fabric(spec.pattern, self.base, self.second, third, seed=spec.seed % 65_521, turn=turn)
        factor = max(1, -(-_DRAWN_AT_LEAST // size[0]))
        self._width, self._height = size[0] * factor, size[1] * factor
        self.scale = min(self._width / FRAME[0], self._height / FRAME[1])
        self._matrix, self._offset = _place(view, self.scale, (self._width, self._height))
        self._ink = np.zeros((self._height, self._width, 3), dtype=np.float32)
        self.alpha: Plane = np.zeros((self._height, self._width), dtype=np.float32)

    def paint(
        self,
        outline: Outline,
        fill: Colour | Fabric,
        *,
        volume: float = 0.0,
        depth: float = 0.6,
        creases: int = 0,
        gloss: float = 0.0,
        opacity: float = 1.0,
        within: bool = False,
    ) -> None:
        """Paint one piece over what is there.

        Args:
            outline: Its outline ``[n, 2]``.
            fill: One colour, or a fabric.
            volume: Width of its rounded rim in units; 0 is flat.
            depth: Strength of the rounding.
            creases: Number of folds.
            gloss: Strength of the highlight along the lit rim, 0..1.
            opacity: 1 covers, 0 leaves what is there.
            within: Only where something has been painted already.
        """
        found = self._stencil(outline)
        if found is None:
            return
        window, mask = found
        tint = self._tint(fill, window)
        factor, shine = self._shade(mask, window, volume, depth, creases)
        # Dark cloth reflects some light too: the added part keeps its folds visible.
        tint = tint * factor[..., None] + 0.09 * (factor - 1)[..., None] + (gloss * shine)[..., None]
        self._cover(window, np.clip(tint, 0, 1), mask * opacity, within)

    def line(
        self,
        points: Points,
        width: float,
        colour: Colour,
        *,
        opacity: float = 0.7,
        within: bool = True,
        dash: float = 0.0,
    ) -> None:
        """Draw a seam, a cord, a stitch: a line of a width in units, dashed if ``dash`` gives a length."""
        for part in _split(np.asarray(points, dtype=np.float64), dash) if dash else [np.asarray(points, np.float64)]:
            self.paint(ribbon(part, width), colour, opacity=opacity, within=within)

    def dot(self, x: float, y: float, radius: float, colour: Colour, *, opacity: float = 1.0) -> None:
        """Paint a small disc, such as a button, with a shadow at its lower edge."""
        self.shade(ellipse(x + 0.4, y + 0.8, radius * 1.15), 0.35 * opacity)
        self.paint(ellipse(x, y, radius, steps=20), colour, volume=radius * 0.6, opacity=opacity, within=True)

    def shade(self, outline: Outline, amount: float, *, soft: float = 0.0) -> None:
        """Darken what is painted already (or lighten it, with a negative amount), with an edge ``soft`` units wide."""
        found = self._stencil(outline, margin=2 * soft)
        if found is None:
            return
        window, mask = found
        mask = blur(mask, soft * self.scale) * self.alpha[window]
        ink = self._ink[window]
        if amount >= 0:
            self._ink[window] = ink * (1 - amount * mask[..., None])
        else:
            self._ink[window] = ink + (self.alpha[window][..., None] - ink) * (-amount * mask)[..., None]

    def photograph(self, *, floor: bool) -> Image.Image:
        """Put the product before its backdrop and return the picture.

        Args:
            floor: Whether it stands on a floor and throws its shadow there.
        """
        rng = self.rng
        scene = draw_backdrop(self.view.backdrop, (self._height, self._width), self.base, rng)
        shadow = cast_shadow(self.alpha, self.scale, floor=floor, rng=rng)
        scene = self._ink + scene * (1 - shadow[..., None]) * (1 - self.alpha[..., None])
        taken = scene * self.view.exposure + rng.normal(0, 0.004, self.alpha.shape)[..., None]
        if self.view.backdrop == "white":
            taken = np.where(self.alpha[..., None] + shadow[..., None] > 0.004, taken, 1.0)
        pixels = (np.clip(taken, 0, 1) * 255 + 0.5).astype(np.uint8)
        picture = Image.fromarray(pixels)
        return picture if picture.size == self.size else picture.resize(self.size, Image.Resampling.BOX)

    def _stencil(self, outline: Outline, margin: float = 0.0) -> tuple[_Window, Plane] | None:
        """Rasterise an outline: the window of the sheet that it touches, and its coverage there."""
        pixels = outline @ self._matrix.T + self._offset  # [n, 2]
        spare = 2 + margin * self.scale
        left, top = np.floor(np.maximum(pixels.min(axis=0) - spare, 0)).astype(int)
        right, bottom = np.ceil(pixels.max(axis=0) + spare).astype(int)
        right, bottom = min(right, self._width), min(bottom, self._height)
        if right - left < 2 or bottom - top < 2:
            return None
        sheet = Image.new("L", ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH))
        points = ((pixels - (left, top)) * _SMOOTH - 0.5).ravel().tolist()
        ImageDraw.Draw(sheet).polygon(points, fill=255)
        mask = np.asarray(np.asarray(sheet.reduce(_SMOOTH)) / 255, dtype=np.float32)
        return (slice(top, bottom), slice(left, right)), mask

    def _grid(self, window: _Window) -> tuple[Plane, Plane]:
        """Where the pixels of a window lie, in units of the frame."""
        rows, columns = window
        down, across = np.mgrid[rows, columns].astype(np.float32) + np.float32(0.5)
        inverse = np.linalg.inv(self._matrix).astype(np.float32)
        x, y = across - np.float32(self._offset[0]), down - np.float32(self._offset[1])
        return inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y

    def _tint(self, fill: Colour | Fabric, window: _Window) -> NDArray[np.float32]:
        if isinstance(fill, Fabric):
            return fill.paint(*self._grid(window), 1 / self.scale)
        return fill[None, None, :]

    def _shade(self, mask: Plane, window: _Window, volume: float, depth: float, creases: int) -> tuple[Plane, Plane]:
        light = self.view.light if not self.view.mirrored else 180 - self.view.light
        factor = shade_volume(mask, volume * self.scale, light, depth)
        shine = np.clip(factor - 1, 0, 1)
        if creases:
            across, down = self._grid(window)
            extent = (float(across.min()), float(down.min()), float(across.max()), float(down.max()))
            factor = factor + shade_creases(across, down, creases, self.rng, extent=extent)
        return factor, shine

    def _cover(self, window: _Window, tint: NDArray[np.float32], mask: Plane, within: bool) -> None:
        below = self.alpha[window]
        mask = mask * below if within else mask
        self._ink[window] = self._ink[window] * (1 - mask[..., None]) + tint * mask[..., None]
        self.alpha[window] = below * (1 - mask) + mask if not within else below


def _place(view: View, scale: float, sheet: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrix ``[2, 2]`` and the offset ``[2]`` that take units of the frame to pixels."""
    turn = np.deg2rad(view.angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    stretch = np.diag([view.squeeze * (-1 if view.mirrored else 1), 1.0])
    matrix = scale * view.zoom * rotation @ stretch
    centre = np.array([0.0, FRAME[1] / 2])
    offset = np.array(sheet) / 2 + scale * np.array(view.shift) - matrix @ centre
    return matrix, offset


def _split(line: Outline, dash: float) -> Sequence[Outline]:
    """Cut a line into dashes of one length with gaps of the same length."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0, run[-1], 2 * dash)
    places = [np.linspace(start, min(start + dash, run[-1]), 3) for start in starts]
    return [np.stack([np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])], axis=1) for at in places]
