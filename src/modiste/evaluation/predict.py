"""Running a bundle on the items of a manifest, exactly as ``modiste tag`` would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.errors import PictureError, UsageError
from modiste.evaluation.predictions import Predictions
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network, count_cores

__all__ = ["PredictionRun", "predict_items"]

_BATCH = 64
_MEASURED = 256

Size = tuple[int, int]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PredictionRun:
    """What a bundle said of the items of a manifest.

    Args:
        predictions: Of the items whose picture could be read.
        problems: Item id -> why its picture could not be read; no predictions speak of these.
        sizes: (width, height) of the stored pictures, or of their boxes -> how many of the first 256 are of that size.
    """

    predictions: Predictions
    problems: Mapping[str, str]
    sizes: Mapping[Size, int]

    def describe_sizes(self) -> str:
        """Return the sizes in words, the most frequent first: ``60x80 (98.4%), 53x80 (1.2%), others (0.4%)``."""
        total = sum(self.sizes.values())
        named = Counter(self.sizes).most_common(2)
        parts = [f"{width}x{height} ({count / total:.1%})" for (width, height), count in named]
        rest = total - sum(count for _, count in named)
        return ", ".join([*parts, f"others ({rest / total:.1%})"] if rest else parts)


class _Loaded(NamedTuple):
    picture: NDArray[np.uint8] | None
    size: Size | None
    reason: str


def predict_items(
    bundle: Bundle, manifest: Manifest, *, threads: int | None = None, progress: Progress | None = None
) -> PredictionRun:
    """Run a bundle on every item of a manifest.

    Args:
        bundle: The bundle.
        manifest: The items; boxes are used.
        threads: Cores for decoding and for the network, by default all.
        progress: Called with the number of items done and of all, after every batch.

    Raises:
        UsageError: Not one picture can be read; the text says why the first could not.
        BundleError: The network can't be run.
    """
    network, decider = Network(bundle, threads=threads), Decider(bundle.spec)
    problems: dict[str, str] = {}
    sizes: Counter[Size] = Counter()
    ids: list[str] = []
    logits: list[NDArray[np.float32]] = []
    for items, loaded in _load_batches(bundle, manifest, threads or count_cores()):
        told = list(zip(items, loaded, strict=True))
        problems.update({item: entry.reason for item, entry in told if entry.picture is None})
        ids += [item for item, entry in told if entry.picture is not None]
        sizes.update(entry.size for entry in loaded if entry.size is not None)
        pictures = [entry.picture for entry in loaded if entry.picture is not None]
        if pictures:
            logits.append(network.run(np.stack(pictures)).logits)
        if progress is not None:
            progress(len(ids) + len(problems), len(manifest))
    if not ids:
        reason = next(iter(problems.values()), "there are no items")
        raise UsageError(f"not one of the {len(manifest)} pictures can be read; the first: {reason}")
    return PredictionRun(_decide(decider, ids, np.concatenate(logits)), problems, sizes)


def _load_batches(bundle: Bundle, manifest: Manifest, threads: int) -> Iterator[tuple[Sequence[str], list[_Loaded]]]:
    rows = manifest.items.select("item_id", "image", "box").rows()
    with PictureSource() as source, ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            jobs = [pool.submit(_load, bundle, source, row[1], row[2], start < _MEASURED) for row in batch]
            loaded = [job.result() for job in jobs]
            yield [row[0] for row in batch], loaded


def _load(bundle: Bundle, source: PictureSource, image: str, box: list[float] | None, measure: bool) -> _Loaded:
    area: Any = None if box is None else tuple(box)
    try:
        data = source.read(image)
        picture = bundle.preprocessing.load(data, box=area)
        # Decoded once more, since what the network sees tells nothing of the size that was stored.
        height, width = decode_picture(data, box=area).shape[:2] if measure else (0, 0)
    except PictureError as error:
        return _Loaded(None, None, str(error))
    return _Loaded(picture, (width, height) if measure else None, "")


def _decide(decider: Decider, ids: Sequence[str], logits: NDArray[np.float32]) -> Predictions:
    decision = decider.decide(logits)
    scores = {name: np.clip(table, 0, 1).astype(np.float32) for name, table in decision.probabilities.items()}
    chosen = {name: decision.mark_said(name) for name in decider.taxonomy.names}
    return Predictions(decider.taxonomy, tuple(ids), scores, chosen)
