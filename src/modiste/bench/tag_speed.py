"""How fast pictures are tagged: beside what onnxruntime alone can do, and beside the path of the sources."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from modiste.batch import BATCH, tag_files
from modiste.bench.accept import Setting
from modiste.bench.material import Material
from modiste.bench.rounds import Contestant, Timing, time_in_turns
from modiste.bench.sources_path import SourcesPath, list_decoders
from modiste.bundle import Bundle
from modiste.evaluation import Section, Target, render_table
from modiste.imaging import PictureSource, find_pictures
from modiste.runtime import count_cores

__all__ = ["TagSpeed", "measure_tagging"]

_TAG, _ALONE = "modiste tag", "onnxruntime alone"
_SHARE_OF_ALONE, _TIMES_SOURCES = 0.85, 30.0
_SOURCES_PICTURES = 256
_WARM_UP = 2 * BATCH


@dataclass(frozen=True)
class TagSpeed:
    """The times of the contestants.

    Args:
        timings: Contestant -> its times: ``modiste tag``, ``onnxruntime alone``, and one a decoder of the sources.
    """

    timings: dict[str, Timing]

    def compare(self, name: str) -> float:
        """Return how many times faster ``modiste tag`` is than another contestant, by medians."""
        return self.timings[_TAG].rate / self.timings[name].rate

    def list_targets(self) -> list[Target]:
        """Return the two targets; the second against the fastest of the sources, if these were measured."""
        targets = [Target("tagging, as a share of onnxruntime alone", _SHARE_OF_ALONE, self.compare(_ALONE))]
        sources = [self.compare(name) for name in self.timings if name not in (_TAG, _ALONE)]
        if sources:
            targets.append(Target("tagging, times the path of the sources", _TIMES_SOURCES, min(sources)))
        return targets

    def to_section(self) -> Section:
        """Return the times as a section of a report."""
        rows, data = [], {}
        for name, timing in self.timings.items():
            pairs = [other / own for own, other in zip(self.timings[_TAG].seconds, timing.seconds, strict=True)]
            ratios = np.array(pairs) * self.timings[_TAG].pictures / timing.pictures
            rows.append(
                (
                    name,
                    timing.pictures,
                    f"{timing.median:.2f} s",
                    f"{min(timing.seconds):.2f} to {max(timing.seconds):.2f} s",
                    f"{timing.rate:.1f}",
                    f"{self.compare(name):.3g}",
                    f"{ratios.min():.3g} to {ratios.max():.3g}",
                )
            )
            data[name] = {"pictures": timing.pictures, "seconds": [round(time, 4) for time in timing.seconds]}
        header = ("", "pictures", "median", "range", "pictures/s", f"`{_TAG}` is ... times as fast", "round by round")
        return Section("Pictures a second", f"{render_table(header, rows)}\n\n{_explain(len(pairs))}", data)


def measure_tagging(setting: Setting, material: Material, *, rounds: int = 5, sources: bool = True) -> TagSpeed:
    """Time the contestants in turns, in this process.

    Args:
        setting: The bundle, the cores, and who is told.
        material: The pictures, all sound.
        rounds: How often; medians are reported.
        sources: Also time the path of the sources, which needs the extra ``train``.

    Raises:
        MissingExtraError: The path of the sources needs torch and timm.
    """
    threads = setting.threads or count_cores()
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            _TAG: Contestant(material.pictures, _TagRun(setting, material, Path(folder) / "tags.parquet", threads).run),
            _ALONE: Contestant(material.pictures, _AloneRun(setting.open_bundle(), material, threads).run),
        }
        for decoder in list_decoders() if sources else ():
            files = _read_files(material, _SOURCES_PICTURES)
            path = SourcesPath(threads=threads, decoder=decoder)
            path.run(files[:BATCH])
            contestants[f"{decoder}, ResNet-50 in torch"] = _contest(path, files)
        return TagSpeed(time_in_turns(contestants, rounds=rounds, say=setting.say))


@dataclass(frozen=True)
class _TagRun:
    """Everything that ``modiste tag`` does once Python and its packages are loaded."""

    setting: Setting
    material: Material
    output: Path
    threads: int

    def run(self) -> None:
        pictures = [self.material.archive]
        tag_files(pictures, self.output, bundle=self.setting.bundle, threads=self.threads, overwrite=True)


class _AloneRun:
    """The network alone, on pictures that lie in memory ready to be used."""

    def __init__(self, bundle: Bundle, material: Material, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(bundle.read_weights(), options, ["CPUExecutionProvider"])
        self._pictures = _load_pictures(bundle, material)
        self._session.run(None, {"pictures": self._pictures[:_WARM_UP]})

    def run(self) -> None:
        for start in range(0, len(self._pictures), BATCH):
            self._session.run(None, {"pictures": self._pictures[start : start + BATCH]})


def _load_pictures(bundle: Bundle, material: Material) -> NDArray[np.uint8]:
    pictures = [bundle.preprocessing.load(file) for file in _read_files(material, material.pictures)]
    return np.stack(pictures)


def _read_files(material: Material, count: int) -> list[bytes]:
    references = list(find_pictures(material.archive))[:count]
    with PictureSource() as source:
        return [source.read(reference) for reference in references]


def _contest(path: SourcesPath, files: Sequence[bytes]) -> Contestant:
    return Contestant(len(files), lambda: path.run(files))


def _explain(rounds: int) -> str:
    return (
        f"Medians of {rounds} rounds in one process, the contestants in turns. `{_TAG}` reads JPEG files from a zip, "
        "and writes a finished Parquet file; loading the network and listing the zip count. `onnxruntime alone` runs "
        f"the same network with the same batch of {BATCH} and the same threads on arrays that are in memory already. "
        "The path of the sources decodes, resizes to 224 x 224 and runs a ResNet-50 with random weights, batch 32, in "
        "eager torch with the same threads."
    )
