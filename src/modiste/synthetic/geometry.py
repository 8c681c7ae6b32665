"""Outlines: polylines of points in the frame of 300 x 400 in which every product is drawn.

x runs from -150 on the left to 150 on the right, y from 0 at the top to 400.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME", "Outline", "Points", "box", "curve", "ellipse", "join", "mirror", "move", "ribbon", "symmetric"]

FRAME = (300.0, 400.0)
Outline = NDArray[np.float64]
Points = Sequence[tuple[float, float]] | Outline


def curve(points: Points, *, steps: int = 8) -> Outline:
    """Draw a smooth line through points (centripetal enough for drawings: uniform Catmull-Rom).

    Args:
        points: At least two points, ``[n, 2]``, x to the right and y downwards.
        steps: Line pieces between two neighbouring points.

    Returns:
        The line as ``[(n - 1) * steps + 1, 2]``; it passes through every given point.

    Example:
        >>> curve([(0, 0), (10, 0)], steps=2).tolist()
        [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]
    """
    given = np.asarray(points, dtype=np.float64)
    padded = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    before, start, end, after = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[None, :, None]
    cubic = -before + 3 * start - 3 * end + after
    square = 2 * before - 5 * start + 4 * end - after
    line = 0.5 * (2 * start + (end - before) * t + square * t**2 + cubic * t**3)  # [n - 1, steps, 2]
    return np.concatenate([line.reshape(-1, 2), given[-1:]])


def join(*parts: Points) -> Outline:
    """Put lines one behind the other; where two meet there is a corner."""
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def mirror(points: Points) -> Outline:
    """Return the points mirrored at the middle, in reverse order, so that they continue the outline."""
    flipped = np.array(points, dtype=np.float64)[::-1]
    flipped[:, 0] *= -1
    return flipped


def move(points: Points, right: float, down: float) -> Outline:
    """Return the points moved to the right and downwards."""
    return np.asarray(np.asarray(points) + np.array([right, down]), dtype=np.float64)


def symmetric(*right: Points) -> Outline:
    """Close an outline from its right half, given from top to bottom.

    Example:
        >>> len(symmetric([(0, 0), (50, 100)]))
        4
    """
    half = join(*right)
    return join(half, mirror(half))


def ellipse(x: float, y: float, rx: float, ry: float | None = None, *, power: float = 2.0, steps: int = 48) -> Outline:
    """Return an ellipse, or with a higher power a rectangle with rounded corners (a superellipse).

    Args:
        x: Centre from the left.
        y: Centre from the top.
        rx: Half the width.
        ry: Half the height; as wide by default.
        power: 2 is an ellipse, 4 to 8 a rounded rectangle.
        steps: Number of points.
    """
    angle = np.linspace(0.0, 2 * np.pi, steps, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    across = np.sign(cos) * np.abs(cos) ** (2 / power)
    down = np.sign(sin) * np.abs(sin) ** (2 / power)
    return np.stack([x + rx * across, y + (rx if ry is None else ry) * down], axis=1)


def box(left: float, top: float, right: float, bottom: float, *, round_by: float = 0.0) -> Outline:
    """Return a rectangle, its corners rounded by so many units."""
    if round_by <= 0:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float64)
    quarter = np.linspace(0.0, np.pi / 2, 6)
    arc = np.stack([np.cos(quarter), np.sin(quarter)], axis=1) * round_by
    turns = [(right, bottom, 1, 1), (left, bottom, -1, 1), (left, top, -1, -1), (right, top, 1, -1)]
    corners = []
    for x, y, across, down in turns:
        corner = arc * (across, down) + (x - across * round_by, y - down * round_by)
        corners.append(corner if across * down > 0 else corner[::-1])
    return np.concatenate(corners)


def ribbon(points: Points, width: float | Sequence[float]) -> Outline:
    """Give a line a width: the outline of a strap, a strip, a tube.

    Args:
        points: The middle line, ``[n, 2]``.
        width: One width, or one for each point.
    """
    line = np.asarray(points, dtype=np.float64)
    along = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    half = np.broadcast_to(np.asarray(width, dtype=np.float64) / 2, len(line))[:, None]
    return np.concatenate([line + normal * half, (line - normal * half)[::-1]])
