"""Worlds whose truth is known: a system with a known confusion is asked about products that are drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassWorld", "Draw", "ValueWorld", "list_class_worlds", "list_value_worlds"]

_ALIKE = 0.7  # chance that a row follows its product, not luck: two rows of a product agree by half


@dataclass(frozen=True)
class Draw:
    """What was drawn: true and given classes, int64 [n], or values, bool [n, values]; and the product of each row."""

    truth: NDArray[np.int64]
    answer: NDArray[np.int64]
    products: NDArray[np.int64]


@dataclass(frozen=True)
class ClassWorld:
    """Products of several classes, and a system that takes each class for its neighbour more often than for others.

    Args:
        sizes: Products of each class, on average.
        accuracy: Of the system, for each class.
        copies: The most rows of a product; each has 1 to this many, and what is said of them is alike.
        judged: Whether the intervals must hold here; other worlds are too small, and are shown as they are.
    """

    sizes: tuple[int, ...]
    accuracy: float
    copies: int = 1
    judged: bool = True

    @property
    def joint(self) -> NDArray[np.float64]:
        """How often each class is true and each is answered, float64 [classes, classes]; the sum is 1."""
        count = len(self.sizes)
        table = np.full((count, count), 0.3 * (1 - self.accuracy) / (count - 1))
        table[np.arange(count), (np.arange(count) + 1) % count] += 0.7 * (1 - self.accuracy)
        np.fill_diagonal(table, self.accuracy)
        return np.asarray(table * (np.array(self.sizes) / sum(self.sizes))[:, None])

    @property
    def macro_f1(self) -> float:
        """What macro-F1 is in the long run."""
        joint = self.joint
        return float((2 * np.diagonal(joint) / (joint.sum(axis=0) + joint.sum(axis=1))).mean())

    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw products with their rows, and what the system says of each row."""
        joint, count = self.joint, len(self.sizes)
        number = sum(self.sizes)
        truth, common = np.divmod(rng.choice(count * count, p=joint.ravel(), size=number), count)
        rows = rng.integers(1, self.copies + 1, size=number)
        products = np.repeat(np.arange(number), rows)
        within = np.cumsum(joint / joint.sum(axis=1, keepdims=True), axis=1)[truth[products]]
        own = np.minimum((rng.random((len(products), 1)) > within).sum(axis=1), count - 1)
        follows = rng.random(len(products)) < _ALIKE
        return Draw(truth[products], np.where(follows, common[products], own), products)


@dataclass(frozen=True)
class ValueWorld:
    """Products with any number of values, and a system that misses some and adds others.

    Args:
        products: How many.
        shares: How many of the products have each value.
        missed: Share of true values that are not answered.
        added: Share of false values that are, in proportion to how frequent the value is.
        copies: The most rows of a product; what is said of them is alike.
        judged: Whether the intervals must hold here.
    """

    products: int
    shares: tuple[float, ...]
    missed: float
    added: float
    copies: int = 1
    judged: bool = True

    @property
    def micro_f1(self) -> float:
        """What micro-F1 is in the long run."""
        shares = np.array(self.shares)
        hits = shares.sum() * (1 - self.missed)
        answered = hits + ((1 - shares) * self.added * shares).sum()
        return float(2 * hits / (shares.sum() + answered))

    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw products with their rows, and what the system says of each row."""
        shares = np.array(self.shares)
        truth = rng.random((self.products, len(shares))) < shares
        products = np.repeat(np.arange(self.products), rng.integers(1, self.copies + 1, size=self.products))
        chance = np.where(truth, 1 - self.missed, self.added * shares)[products]
        luck = rng.random(truth.shape)[products]
        follows = rng.random(luck.shape) < _ALIKE
        answer = np.where(follows, luck, rng.random(luck.shape)) < chance
        return Draw(truth[products].astype(np.int64), answer.astype(np.int64), products)


def list_class_worlds() -> list[ClassWorld]:
    """Return the worlds of classes: those with at least 30 products a class, then smaller ones and rarer errors."""
    many, skewed = (30,) * 10, (30, 45, 70, 100, 150, 230, 350)
    judged = [ClassWorld((30,) * 3, accuracy) for accuracy in (0.6, 0.8, 0.9)]
    judged += [ClassWorld(many, accuracy) for accuracy in (0.6, 0.8, 0.9, 0.95)]
    judged += [ClassWorld(skewed, accuracy) for accuracy in (0.7, 0.9, 0.97)]
    judged += [ClassWorld((30,) * 25, 0.8), ClassWorld((200,) * 4, 0.95)]
    judged += [ClassWorld(many, accuracy, copies=4) for accuracy in (0.7, 0.9)]
    judged += [ClassWorld(skewed, 0.85, copies=4), ClassWorld((100,) * 3, 0.8, copies=6)]
    small = [((5,) * 10, 0.7, 1), ((10,) * 10, 0.9, 1), ((2, 4, 8, 16, 32, 64), 0.8, 1), ((30,) * 3, 0.98, 1)]
    small += [((5,) * 10, 0.8, 4), ((30,) * 3, 0.95, 4)]
    return judged + [ClassWorld(sizes, accuracy, copies, judged=False) for sizes, accuracy, copies in small]


def list_value_worlds() -> list[ValueWorld]:
    """Return the worlds of values: those whose every value has at least 30 products, then a smaller one."""
    few, many = (0.3, 0.2, 0.1), tuple(np.geomspace(0.4, 0.075, 20).round(3).tolist())
    judged = [ValueWorld(300, few, 0.3, 0.2), ValueWorld(300, few, 0.1, 0.05), ValueWorld(400, many, 0.4, 0.3)]
    judged += [ValueWorld(300, few, 0.2, 0.1, copies=4), ValueWorld(400, many, 0.3, 0.3, copies=4)]
    return [*judged, ValueWorld(40, few, 0.3, 0.2, judged=False)]
