"""Light: what makes a flat piece look round, creased, glossy, and stand before something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.synthetic.palette import Colour

__all__ = ["Plane", "blur", "cast_shadow", "draw_backdrop", "shade_creases", "shade_volume"]

Plane = NDArray[np.float32]


def blur(plane: Plane, radius: float) -> Plane:
    """Blur a plane ``[height, width]`` by two passes of a box; edges are repeated.

    Args:
        plane: Values of any range.
        radius: In pixels; below a half nothing happens.
    """
    reach = round(radius)
    if reach < 1:
        return plane
    for _ in range(2):
        plane = _box_rows(_box_rows(plane, reach).T, reach).T
    return plane


def shade_volume(mask: Plane, radius: float, light: float, depth: float) -> Plane:
    """Shade a piece as if it bulged towards the viewer.

    Args:
        mask: Coverage ``[height, width]`` in 0..1.
        radius: How wide the rounded rim is, in pixels.
        light: Direction of the light in degrees, 90 from above.
        depth: Strength; 0 is flat, 1 is a cushion.

    Returns:
        A factor for each pixel, near 1.
    """
    if depth <= 0 or radius < 1:
        return np.ones_like(mask)
    height = blur(mask, radius)
    down, across = np.gradient(height)
    towards = np.deg2rad(light)
    # The rim rises from the outside inwards: it faces the light where the rise runs away from the light.
    facing = (np.sin(towards) * down - np.cos(towards) * across) * radius
    rim = np.clip((height - 0.5) * 2, 0, 1)
    factor = 1 + depth * (0.35 * facing - 0.22 * (1 - rim) ** 2)
    return np.asarray(factor, dtype=np.float32)


def shade_creases(
    across: Plane, down: Plane, count: int, rng: np.random.Generator, *, extent: tuple[float, float, float, float]
) -> Plane:
    """Shade the folds of hanging cloth: soft ridges, dark on one side and light on the other.

    Args:
        across: Where each pixel lies, from the left, in units of the frame, ``[height, width]``.
        down: The same from the top.
        count: Number of folds.
        rng: Where they lie.
        extent: Left, top, right, bottom of the piece.

    Returns:
        What to add to the shading, mostly within -0.15..0.15.
    """
    left, top, right, bottom = extent
    total = np.zeros_like(across)
    for _ in range(count):
        x, y = rng.uniform(left, right), rng.uniform(top, bottom)
        turn = rng.normal(0, 0.35)
        wide, long = rng.uniform(4, 11), rng.uniform(0.15, 0.4) * max(bottom - top, right - left)
        off = ((across - x) * np.cos(turn) + (down - y) * np.sin(turn)) / wide
        run = (-(across - x) * np.sin(turn) + (down - y) * np.cos(turn)) / long
        strength = rng.uniform(0.12, 0.26) * rng.choice((-1.0, 1.0))
        total += strength * off * np.exp(-(off**2) - run**2)
    return np.asarray(total, dtype=np.float32)


def cast_shadow(alpha: Plane, scale: float, *, floor: bool, rng: np.random.Generator) -> Plane:
    """Return how much a product darkens what is behind it, ``[height, width]`` in 0..1.

    Args:
        alpha: Coverage of the product.
        scale: Pixels in a unit of the frame.
        floor: Whether it stands on the floor (shoes, bottles), or lies flat or hangs (garments).
        rng: Varies the strength.
    """
    strength = float(rng.uniform(0.6, 1.0))
    if not floor:
        soft = blur(_move(alpha, round(3 * scale), round(1.5 * scale)), 5 * scale)
        return np.asarray(0.13 * strength * soft, dtype=np.float32)
    rows = np.flatnonzero(alpha.max(axis=1) > 0.5)
    contact = np.zeros_like(alpha)
    if len(rows):
        # What is near the floor under each column throws the shadow: the lowest covered pixel and a little above.
        foot = alpha[max(rows[-1] - round(26 * scale), 0) : rows[-1] + 1].max(axis=0)
        contact[max(rows[-1] - round(4 * scale), 0) : rows[-1] + round(3 * scale)] = foot
    return np.asarray(0.3 * strength * blur(contact, 5 * scale), dtype=np.float32)


def draw_backdrop(kind: str, shape: tuple[int, int], product: Colour, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a backdrop ``[height, width, 3]`` in 0..1.

    Args:
        kind: "white", "tint" (nearly white), "studio" (grey, lit from above) or "coloured".
        shape: Height and width in pixels.
        product: The product's colour, from which a coloured backdrop keeps away.
        rng: Varies it.
    """
    height, width = shape
    down, across = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(max(shape))
    glow = 1 - np.hypot(across - 0.5 * width / max(shape), down - 0.42)
    plain = {"white": np.array([1.0, 1.0, 1.0]), "tint": rng.uniform(0.92, 0.985, 3), "studio": np.full(3, 0.84)}
    base = plain[kind] if kind in plain else _stand_apart(product, rng)
    falloff = {"white": 0.0, "tint": 0.03, "studio": 0.22, "coloured": 0.12}[kind]
    lit = base[None, None, :] * (1 - falloff + falloff * 1.3 * glow[..., None])
    return np.asarray(np.clip(lit, 0, 1), dtype=np.float32)


def _stand_apart(product: Colour, rng: np.random.Generator) -> NDArray[np.float64]:
    pastels = [(0.80, 0.88, 0.94), (0.95, 0.86, 0.84), (0.87, 0.92, 0.84), (0.95, 0.92, 0.80), (0.86, 0.84, 0.92)]
    far = sorted(pastels, key=lambda tone: -float(np.abs(np.asarray(tone) - product).sum()))
    return np.asarray(far[int(rng.integers(3))])


def _move(plane: Plane, down: int, right: int) -> Plane:
    moved = np.zeros_like(plane)
    moved[down:, right:] = plane[: plane.shape[0] - down, : plane.shape[1] - right]
    return moved


def _box_rows(plane: Plane, reach: int) -> Plane:
    padded = np.pad(plane, ((0, 0), (reach + 1, reach)), mode="edge")
    total = np.cumsum(padded, axis=1, dtype=np.float32)
    return np.asarray((total[:, 2 * reach + 1 :] - total[:, : -2 * reach - 1]) / np.float32(2 * reach + 1))
